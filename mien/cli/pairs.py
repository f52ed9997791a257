"""The command `mien pairs`: a page of alike images, to judge the thresholds of `dedup`."""

from pathlib import Path
from typing import Annotated

import typer

from mien.config.params import load_params
from mien.core import paths


def pairs(
    num: Annotated[
        int, typer.Option("--num", min=1, help="how many pairs are shown at most, as many of each relation where there are")
    ] = 60,
    conflicts: Annotated[bool, typer.Option("--conflicts", help="only pairs whose pictures are under different labels")] = False,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", dir_okay=False, help="the page to write, HTML")] = paths.PAIRS_PAGE,
) -> None:
    """Shows pairs of alike pictures side by side on a page, to judge by your own set whether the thresholds of `dedup` are right.

    Near and mirrored pairs were taken for copies of one picture, scene pairs for other exposures of one person in one place.
    Of each relation the page has the pairs whose agreement is nearest to dedup.min_agreement, and says which parameter to move,
    and in which direction, if they were taken for the wrong thing. It reads data/pairs.parquet, so run `dvc repro dedup` before.
    """
    from mien.pairs.writing import write_page  # pandas

    typer.echo(write_page(load_params(), num=num, is_conflicts=conflicts, out=out))
