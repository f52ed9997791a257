"""The command `mien check`: what a source holds and what will become of it."""

from typing import Annotated

import typer

from mien.config.params import load_params


def check(
    source: Annotated[str, typer.Argument(help="folder, archive or table; default is ingest.source of params.yaml")] = "",
) -> None:
    """Says in seconds what a source holds, what will be lost and why, what to set in params.yaml, and how long the data stages will take.

    It reads names and first bytes of all files, decodes a few images as a trial, and changes nothing.
    """
    from mien.check.summary import summary  # pandas, Pillow

    typer.echo(summary(load_params(), source))
