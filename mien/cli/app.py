"""The command `mien`, for everything a user does besides `dvc repro`. Stages have their own command lines (python -m stages.NAME)."""

from importlib.metadata import version
from typing import Annotated

import typer

from mien.cli.check import check
from mien.cli.decide import decide
from mien.cli.export import export
from mien.cli.models import models
from mien.cli.pairs import pairs
from mien.cli.params import params
from mien.cli.predict import predict
from mien.cli.preset import preset
from mien.cli.repro import repro
from mien.cli.serve import serve
from mien.cli.split import split
from mien.cli.study import study
from mien.cli.table import table
from mien.cli.track import track
from mien.cli.where import where
from mien.core.stage import reporting


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(version("mien"))
        raise typer.Exit


def _options(
    _: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    """Tools to use with `dvc repro`."""


commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
commands.callback()(_options)
app = reporting(commands)
for _command in (repro, track, study, preset, check, params, models, where, pairs, decide, split, table, predict, serve):
    commands.command(_command.__name__)(_command)
commands.add_typer(export, name="export")
