"""The command line that all stages share: Typer, and errors without a traceback."""

import sys
from collections.abc import Callable

import typer

from mien.core.disk import refusal
from mien.core.ends import finished, imports_done
from mien.core.errors import MienError, Stopped
from mien.core.printable import printable
from mien.core.stopping import raising_stopped, sentence

GOES_ON = "nothing half-written remains, and the next `dvc repro` continues with this stage"


def command(main: Callable[..., None], *, on_stop: str = GOES_ON) -> Callable[[], None]:
    """Turns a stage's `main` into a command line, with errors as in `reporting`; `on_stop` is the message after an interruption."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=main.__doc__)(main)
    return reporting(app, on_stop=on_stop)


def reporting(app: typer.Typer, *, on_stop: str = "nothing half-written remains") -> Callable[[], None]:
    """A command line that prints expected errors to stderr as short messages, without a traceback.

    The exit code is 2 for a MienError and for disk errors (full, read-only, limits), 130 for Ctrl-C, and 143 for SIGTERM.
    """

    def run() -> None:
        imports_done()
        try:
            with raising_stopped():
                app()
        except SystemExit as end:  # Typer always ends with SystemExit, also after a success
            if not end.code:
                finished()
            raise
        except MienError as error:
            _end(2, f"error: {error}")
        except Stopped as stop:
            _end(128 + stop.signum, sentence(stop.signum, on_stop))
        except Exception as error:
            if told := refusal(error):
                _end(2, f"error: {told}")
            raise

    return run


def _end(code: int, line: str) -> None:
    print(printable(line), file=sys.stderr)
    sys.exit(code)
