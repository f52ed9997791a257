"""What `mien predict` does, from the source to the printed lines."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import typer
from tqdm import tqdm

from mien.core.errors import PredictError
from mien.core.plural import plural
from mien.predict.annotating import Album, annotated_file, check_folder, picture_name, unused, write_picture
from mien.predict.answer import Answer
from mien.predict.engine import Engine
from mien.predict.output import line, writing
from mien.predict.predicting import File, predict
from mien.predict.rows import Row
from mien.predict.sources import LIST, archive_kind, files_of
from mien.predict.video.camera import WEBCAM
from mien.predict.video.running import VideoOptions, run_camera, run_video
from mien.video.opening import is_video

Show = Callable[[Row], None]
"""writes a row to the file that --out names and prints its line"""


def run(
    source: str,
    engine: Engine,
    *,
    out: Path | None,
    all_faces: bool,
    min_accuracy: float | None,
    detector: str = "model",
    workers: int = 0,
    annotate: Path | None = None,
    explain: bool = False,
    video: VideoOptions | None = None,
) -> int:
    """Answers a source: prints a line per face, writes what is asked for, and returns the number of files without an answer.

    Raises MienError, before any work where an option does not suit the source.
    """
    options = video or VideoOptions()
    is_several = source == LIST or Path(source).is_dir() or bool(archive_kind(Path(source)))
    is_recording = not is_several and source != WEBCAM and is_video(Path(source))
    _check(source, options, annotate, is_several=is_several, is_recording=is_recording)
    if source == WEBCAM and engine.pooling is not None:
        model = engine.pooling.temporal.model
        raise PredictError(f"{engine.answer.name} answers for clips; for the camera, name its model of frames, {model}")
    engine = engine.with_detector(detector)
    if explain:
        if annotate is None:
            raise PredictError("--explain: the maps are drawn into annotated pictures; name a folder for them with --annotate")
        engine = engine.explaining()
    threshold = threshold_of(engine.answer, min_accuracy)
    with writing(out, engine.answer, has_raw=bool(options.smooth_s) or (is_recording and engine.pooling is not None)) as write:

        def show(row: Row) -> None:
            write(row)
            tqdm.write(line(row, engine.answer), file=sys.stdout)

        if source == WEBCAM:
            return run_camera(engine, show, all_faces=all_faces, threshold=threshold, every_s=options.every_s)
        if is_recording:
            return run_video(
                source, engine, show, options, all_faces=all_faces, threshold=threshold, workers=workers, annotate=annotate, out=out
            )
        keep = _annotator(annotate, engine.answer, is_several=is_several)
        return _run_photographs(source, engine, show, keep, out=out, all_faces=all_faces, threshold=threshold, workers=workers)


def _run_photographs(
    source: str,
    engine: Engine,
    show: Show,
    keep: Callable[[File, list[Row]], None] | None,
    *,
    out: Path | None,
    all_faces: bool,
    threshold: float | None,
    workers: int,
) -> int:
    num_files = num_failed = 0
    held: deque[File] = deque()  # the files that are being answered, to be annotated afterwards

    def holding() -> Iterator[File]:
        for file in files_of(source):
            if keep is not None:
                held.append(file)
            yield file

    answers = predict(holding(), engine, all_faces=all_faces, threshold=threshold, workers=workers)
    for _, rows in tqdm(answers, desc="predict", unit="file", disable=not sys.stderr.isatty()):
        num_files += 1
        num_failed += rows[0].reason is not None
        for row in rows:
            show(row)
        if keep is not None:
            keep(held.popleft(), rows)
    if num_files > 1 or num_failed:
        told = f"predict: {plural(num_files, 'file')}, {num_failed} without an answer{f'; all columns are in {out}' if out else ''}"
        typer.echo(told, err=True)
    return num_failed


def _annotator(folder: Path | None, answer: Answer, *, is_several: bool) -> Callable[[File, list[Row]], None] | None:
    """What writes the annotated picture of a file; None if no folder is named."""
    if folder is None:
        return None
    if is_several:
        album = Album(folder)
        return lambda file, rows: album.write(file, rows, answer)

    def write(file: File, rows: list[Row]) -> None:
        if (picture := annotated_file(file, rows, answer)) is not None:
            write_picture(picture, unused(folder / picture_name(Path(file.path).name, picture)))

    return write


def _check(source: str, options: VideoOptions, annotate: Path | None, *, is_several: bool, is_recording: bool) -> None:
    """Raises PredictError for options that do not suit the source."""
    if annotate is not None and is_several:
        check_folder(annotate, source=source)
    if options.plot is not None and options.plot.suffix.lower() != ".png":
        raise PredictError(f"--plot {options.plot}: the suffix must be .png")
    if is_recording:
        return
    if options.plot is not None or options.smooth_s:
        raise PredictError(f"{'--plot' if options.plot else '--smooth'} is for video files, and {source} is none; leave it out")
    if source == WEBCAM and annotate is not None:
        raise PredictError("--annotate is for files: nothing that the camera shows is stored; record a video, and name its file")


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
