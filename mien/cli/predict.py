"""The command `mien predict`: the expressions of faces in photographs."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def predict(
    source: Annotated[str, typer.Argument(help="a photograph, a folder, an archive, or - for a list of paths on standard input")],
    model: Annotated[
        str, typer.Option(help="a model of this repository, a folder with model.onnx, or an .onnx file; default is the shipped model fer")
    ] = "",
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="also write all columns to this file: .csv, .jsonl or .parquet")] = None,
    faces: Annotated[Literal["largest", "all"], typer.Option(help="which faces of a photograph are answered")] = "largest",
    min_accuracy: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="accuracy that answers had on the model's validation images; less certain ones are `not sure`"),
    ] = None,
    detector: Annotated[
        Literal["model", "mtcnn", "none"],
        typer.Option(help="model crops as for training; mtcnn detects faces; none takes each photograph as a face that is cropped already"),
    ] = "model",
    workers: Annotated[int, typer.Option(min=0, help="processes that decode and find faces; 0 means one per core")] = 0,
) -> None:
    """Prints the expression of each face, with calibrated probabilities.

    The photographs are decoded, cropped and resized exactly as the training images of the model were. An answer whose confidence is too low
    for --min-accuracy is printed as "not sure". A file that cannot be answered is a row with a reason; the exit code is then 1. Nothing is
    stored but the file that --out names.
    """
    from mien.export.finding import load_engine
    from mien.predict.output import check_suffix
    from mien.predict.run import run

    if out:
        check_suffix(out)
    engine = load_engine(model)
    if run(source, engine, out=out, all_faces=faces == "all", min_accuracy=min_accuracy, detector=detector, workers=workers):
        raise typer.Exit(1)
