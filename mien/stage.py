"""What every stage's command line shares: Typer, and errors that a user can read."""

import sys
from collections.abc import Callable

import typer

from mien.errors import MienError
from mien.printable import printable


def command(main: Callable[..., None]) -> Callable[[], None]:
    """Turns a stage's `main` into its command line; a MienError is printed to stderr, without a traceback, with exit code 2."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=main.__doc__)(main)
    return reporting(app)


def reporting(app: typer.Typer) -> Callable[[], None]:
    """A command line that prints a MienError to stderr, without a traceback, with exit code 2."""

    def run() -> None:
        try:
            app()
        except MienError as error:
            print(f"error: {printable(str(error))}", file=sys.stderr)
            sys.exit(2)

    return run
