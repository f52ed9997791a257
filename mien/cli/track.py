"""The command `mien track`: writes results of the runs in this folder to MLflow, where they are missing."""

import typer

from mien.config.params import load_params
from mien.core.errors import TrackingError
from mien.tracking.sync import sync


def track() -> None:
    """Writes results that are missing in MLflow, from the metrics files in this folder; running it again changes nothing.

    Use it for runs that MLflow missed because it was down, slow or unreachable, and for results that were fetched with `dvc pull`.
    """
    done = sync(load_params())
    if not done.num_runs:
        raise TrackingError("metrics/ contains no results to write; run `dvc repro` (or `dvc pull`) first")
    typer.echo(f"track: {done.num_runs} runs in {done.store}: {done.num_made} made, {done.num_completed} completed")
