"""The command `mien decide`: copies the decisions of a review queue into labels.corrections."""

from pathlib import Path
from typing import Annotated

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.plural import plural


def decide(
    queue: Annotated[Path, typer.Argument(help="a review queue whose column `decision` is filled in: a class, keep or drop")] = paths.DOUBTS
    / "queue.csv",
) -> None:
    """Copies the decisions of a filled-in review queue into the file at labels.corrections; `dvc repro` then applies them."""
    from mien.sanitise.deciding import take_over  # pandas

    params = load_params().labels
    num_filled, num_new = take_over(queue, params)
    typer.echo(f"decide: {plural(num_filled, 'decision')} in {queue}, {num_new} of them new in {params.corrections}")
