"""The command `mien track`: writes to MLflow what it lacks of the runs in this folder."""

import typer

from mien.config.params import load_params
from mien.core.errors import TrackingError
from mien.tracking.sync import sync


def track() -> None:
    """Writes to MLflow, from the metrics files in this folder, what it lacks; twice is the same as once.

    For runs that MLflow missed because it was down, slow or not there, and for results that came by `dvc pull`.
    """
    done = sync(load_params())
    if not done.num_runs:
        raise TrackingError("metrics/ holds no results to write; run `dvc repro` (or `dvc pull`) first")
    typer.echo(f"track: {done.num_runs} runs in {done.store}: {done.num_made} made, {done.num_completed} completed")
