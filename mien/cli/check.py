"""The command `mien check`: reports what a source contains and what the pipeline will do with it."""

from typing import Annotated

import typer

from mien.config.params import load_params


def check(
    source: Annotated[
        str, typer.Argument(help="folder, archive or table, or a name under testsets; default is ingest.source of params.yaml")
    ] = "",
) -> None:
    """Reports what a source contains, what will be lost and why, what to set in params.yaml, and how long the data stages will take.

    It takes seconds: it reads the names and first bytes of all files, decodes a few images as a trial, and changes nothing.
    """
    from mien.check.summary import summary, summary_of_testset  # pandas, Pillow

    params = load_params()
    typer.echo(summary_of_testset(params, source) if source in params.testsets else summary(params, source))
