"""The command `mien export`: writes a trained model in a form that is used outside the repository that trained it."""

from pathlib import Path
from typing import Annotated

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
    """Writes a folder with everything that another repository needs to start from a model.

    It contains the weights in half precision, model.json, the model card, params.yaml and dvc.lock, but no images. Another model starts
    from it with `weights: FOLDER`. The card is written by the stage report, so run `dvc repro` first.
    """
    load_params().model(model)
    beside = [paths.card(model), paths.PARAMS, paths.LOCKED]
    for file in beside:
        if not file.is_file():
            raise missing(file)
    if folder.exists() and not (folder / DESCRIPTION).is_file():
        raise StorageError(f"{folder} exists and is not an exported model; name a folder that does not exist")

    from mien.models.store import save_half  # torch and timm

    save_half(folder, paths.model(model), beside=beside)
    size_mb = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    typer.echo(f"export: {model} in {folder}, {size_mb:.1f} MB")
