"""What `mien predict` does, from the source to the printed lines."""

import sys
from pathlib import Path

import typer
from tqdm import tqdm

from mien.core.errors import PredictError
from mien.core.plural import plural
from mien.predict.answer import Answer
from mien.predict.engine import Engine
from mien.predict.output import line, writing
from mien.predict.predicting import predict
from mien.predict.sources import files_of


def run(
    source: str, engine: Engine, *, out: Path | None, all_faces: bool, min_accuracy: float | None, detector: str = "model", workers: int = 0
) -> int:
    """Answers a source: prints a line per face, writes `out`, and returns the number of files without an answer. Raises MienError."""
    if detector != "model":
        faces = engine.answer.faces.model_copy(update={"detector": detector})
        engine = Engine(engine.answer.model_copy(update={"faces": faces}), engine.session)
    threshold = threshold_of(engine.answer, min_accuracy)
    num_files = num_failed = 0
    with writing(out, engine.answer) as write:
        answers = predict(files_of(source), engine, all_faces=all_faces, threshold=threshold, workers=workers)
        for _, rows in tqdm(answers, desc="predict", unit="file", disable=not sys.stderr.isatty()):
            num_files += 1
            num_failed += rows[0].reason is not None
            for row in rows:
                write(row)
                tqdm.write(line(row, engine.answer), file=sys.stdout)
    if num_files > 1 or num_failed:
        told = f"predict: {plural(num_files, 'file')}, {num_failed} without an answer{f'; all columns are in {out}' if out else ''}"
        typer.echo(told, err=True)
    return num_failed


def threshold_of(answer: Answer, min_accuracy: float | None) -> float | None:
    """The confidence below which an answer is unsure; None for none.

    Raises PredictError if the caller asks for an accuracy that no threshold reached on the validation images. The model's own default only
    gives a note.
    """
    wanted = answer.min_accuracy if min_accuracy is None else min_accuracy
    if (point := answer.threshold(wanted)) is not None:
        return point.threshold
    best = answer.best_accuracy
    reached = f"the best is {best.accuracy:.1%} at {best.coverage:.0%} of the images"
    told = f"no threshold makes {wanted:.0%} of the answers of {answer.name} right; {reached}"
    if min_accuracy is not None:
        raise PredictError(f"--min-accuracy {min_accuracy:g}: {told}; ask for less")
    typer.echo(f"note: {told}, so no answer is marked as not sure", err=True)
    return None
