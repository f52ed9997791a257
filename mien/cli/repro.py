"""The command `mien repro`: `dvc repro` with several models at a time."""

from typing import Annotated

import typer


def repro(
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, help="number of models to train, evaluate and explain at a time")
    ],
    targets: Annotated[list[str] | None, typer.Argument(help="stages, such as train or train@NAME; every stage if none is named")] = None,
) -> None:
    """Runs `dvc repro` with several models at a time, which share the cores; if one fails, the others are still finished."""
    from mien.repro.repro import repro as run  # what it imports is of no use to other commands

    faults = run(targets or (), jobs=jobs, say=lambda line: typer.echo(line))
    for fault in faults:
        typer.echo(f"error: {fault}", err=True)
    if faults:
        raise typer.Exit(1)
