"""The command `mien pairs`: a page of similar images, to judge the thresholds of `dedup`."""

from pathlib import Path
from typing import Annotated

import typer

from mien.config.params import load_params
from mien.core import paths


def pairs(
    num: Annotated[
        int, typer.Option("--num", min=1, help="the maximum number of pairs to show, divided evenly between the relations")
    ] = 60,
    conflicts: Annotated[bool, typer.Option("--conflicts", help="show only pairs with different labels")] = False,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", dir_okay=False, help="the page to write, HTML")] = paths.PAIRS_PAGE,
) -> None:
    """Writes a page that shows pairs of similar images side by side, to judge on your own data whether the thresholds of `dedup` are right.

    Near and mirrored pairs were classified as copies of one picture, scene pairs as other exposures of one person in one place.
    For each relation, the page shows the pairs whose agreement is nearest to dedup.min_agreement, and explains which parameter to change,
    and in which direction, if they were classified wrongly. It reads data/pairs.parquet, so run `dvc repro dedup` first.
    """
    from mien.pairs.writing import write_page  # pandas

    typer.echo(write_page(load_params(), num=num, is_conflicts=conflicts, out=out))
