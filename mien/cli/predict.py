"""The command `mien predict`: the expressions of faces in photographs and videos."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def predict(
    source: Annotated[
        str,
        typer.Argument(help="a photograph, a folder, an archive, a video file, webcam, or - for a list of paths on standard input"),
    ],
    model: Annotated[
        str,
        typer.Option(
            help="a model or an ensemble of this repository, a folder with model.onnx, or an .onnx file; default is the shipped model fer"
        ),
    ] = "",
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="also write all columns to this file: .csv, .jsonl or .parquet")] = None,
    annotate: Annotated[
        Path | None, typer.Option(file_okay=False, help="also write pictures, or the video, with boxes and probabilities to this folder")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="with --annotate: also lay over each face the map of what decided its answer (Grad-CAM)")
    ] = False,
    faces: Annotated[
        Literal["largest", "all"], typer.Option(help="which faces of a photograph or frame are answered; largest is the model's own choice")
    ] = "largest",
    min_accuracy: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="accuracy that answers had on the model's validation images; less certain ones are `not sure`"),
    ] = None,
    detector: Annotated[
        Literal["model", "mtcnn", "none"],
        typer.Option(help="model crops as for training; mtcnn detects faces; none takes each photograph as a face that is cropped already"),
    ] = "model",
    every: Annotated[float, typer.Option(min=0, help="video: seconds from one answered frame to the next; 0 answers every frame")] = 0.2,
    search_every: Annotated[
        float,
        typer.Option(
            min=0, help="video file: seconds from one search for faces to the next; between, they are followed; 0 always searches"
        ),
    ] = 0.4,
    smooth: Annotated[
        float, typer.Option(min=0, help="video file: seconds over which the answers for a face are averaged; 0 leaves them as they are")
    ] = 0.0,
    plot: Annotated[
        Path | None, typer.Option(dir_okay=False, help="video file: also draw the probabilities over time to this file: .png")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="processes that decode and find faces; 0 means one per core")] = 0,
) -> None:
    """Prints the expression of each face, with calibrated probabilities.

    The photographs are decoded, cropped and resized exactly as the training images of the model were. An answer whose confidence is too low
    for --min-accuracy is printed as "not sure". A file that cannot be answered is a row with a reason; the exit code is then 1. Nothing is
    stored but what --out, --annotate and --plot name.
    """
    from mien.export.finding import load_engine
    from mien.predict.output import check_suffix
    from mien.predict.run import run
    from mien.predict.video.running import VideoOptions

    if out:
        check_suffix(out)
    engine = load_engine(model)
    failed = run(
        source, engine, out=out, all_faces=faces == "all", min_accuracy=min_accuracy, detector=detector, workers=workers, annotate=annotate,
        explain=explain,         video=VideoOptions(every_s=every, search_every_s=search_every, smooth_s=smooth, plot=plot),
    )  # fmt: skip
    if failed:
        raise typer.Exit(1)
