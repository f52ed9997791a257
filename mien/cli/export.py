"""The command `mien export`: writes a trained model in a form that is used outside the repository that trained it."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import StorageError
from mien.core.outputs import missing
from mien.models.weights import DESCRIPTION

export = typer.Typer(no_args_is_help=True, help="Writes a trained model in a form that is used elsewhere.")


@export.command("half")
def half(
    model: Annotated[str, typer.Argument(help="the name of a model in params.yaml")],
    folder: Annotated[Path, typer.Argument(file_okay=False, help="the folder to write; it must not exist, or be an earlier export")],
) -> None:
    """Writes a folder with everything that another repository needs to start from a model, or to export it with `mien export onnx`.

    It contains the weights in half precision, model.json, answer.json, the model card, params.yaml and the part of dvc.lock that belongs to
    the model, but no images. Another model starts from it with `weights: FOLDER`. The card is written by the stage report, so run
    `dvc repro` first.
    """
    load_params().model(model)
    beside = [paths.card(model), paths.PARAMS]
    for file in (*beside, paths.LOCKED, paths.answer(model)):
        if not file.is_file():
            raise missing(file)
    if folder.exists() and not (folder / DESCRIPTION).is_file():
        raise StorageError(f"{folder} exists and is not an exported model; name a folder that does not exist")

    from mien.export.locked import locked_of
    from mien.models.store import save_half  # torch and timm
    from mien.predict.answer import ANSWER, answer_document, read_answer

    answer = read_answer(paths.answer(model), remedy=f"run `dvc repro evaluate@{model}`")
    locked = locked_of(paths.LOCKED.read_text(encoding="utf-8"), model)
    save_half(folder, paths.model(model), beside=beside, documents={ANSWER: answer_document(answer)}, texts={paths.LOCKED.name: locked})
    size_mb = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    typer.echo(f"export: {model} in {folder}, {size_mb:.1f} MB")


@export.command("onnx")
def onnx(
    model: Annotated[str, typer.Argument(help="the name of a model in params.yaml, or a folder that `mien export half` wrote, with a /")],
    out: Annotated[Path, typer.Option(help="the .onnx file to write; it must not exist, or be an earlier export")],
    precision: Annotated[
        Literal["fp32", "fp16", "int8"],
        typer.Option(help="fp32, fp16 (weights of half the size, the same speed) or int8 (a quarter of the size, faster, less accurate)"),
    ] = "fp32",
    detector: Annotated[
        Literal["mtcnn", "none"] | None,
        typer.Option(
            help="how answers find faces; for a model whose training images were cropped already, mtcnn lets it answer photographs"
        ),
    ] = None,
    margin: Annotated[float | None, typer.Option(min=0, max=1, help="margin around a detected face, as a share of its side")] = None,
    licence: Annotated[str | None, typer.Option(help="the licence of the model, for the metadata")] = None,
) -> None:
    """Writes a model as one ONNX file, which `mien predict` and every ONNX runtime read without torch.

    Its input are RGB squares (uint8, N×3×S×S), and its outputs logits, calibrated probabilities and, for linear heads, class maps;
    resizing, normalisation, test-time augmentation and temperature are part of it, and classes, crop and metrics are in its metadata. The
    file is written only if it predicts what the model predicts in single precision (fp32). For fp16 and int8, the difference is measured
    and printed.
    """
    from mien.export.metadata import check_replaceable  # onnxruntime

    check_replaceable(out)
    from mien.export.repository import Changes, export_named  # torch

    changes = Changes(detector, margin, licence)
    typer.echo(export_named(model, out, precision=precision, changes=changes, progress=sys.stderr.isatty()).sentence)
