"""The command `mien params`: the reference of all parameters."""

from typing import Annotated

import typer

from mien.config import reference
from mien.core.errors import ParamsError


def params(
    prefix: Annotated[str, typer.Argument(help="print only keys that begin with this prefix, such as faces or models.resnet50.train")] = "",
) -> None:
    """Prints every parameter with its type, bounds, default and meaning."""
    if not reference.rows(prefix):
        raise ParamsError(f"no parameter begins with '{prefix}'; `mien params` prints them all")
    typer.echo(reference.table(prefix))
