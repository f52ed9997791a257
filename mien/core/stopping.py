"""Handles Ctrl-C and SIGTERM: prints one line and exits with the usual code (130, 143), instead of a traceback or silence.

While the modules of a stage are being imported, nothing has been written, so the process ends at once. Later, Stopped is raised, so that
temporary files are removed and worker processes are ended. This module is imported before all others, so it imports little itself.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from mien.core.errors import Stopped

Handler = Callable[[int, FrameType | None], object]


def end_quietly() -> None:
    """Installs a handler that prints one line and ends the process at once; for the time during which modules are imported."""
    _install(_end)


@contextmanager
def raising_stopped() -> Iterator[None]:
    """In the block, a signal raises Stopped in the main thread. In other threads, or if signals are ignored (nohup), nothing changes."""
    before = _install(_raise)
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def sentence(signum: int, advice: str) -> str:
    """The line to print when the process is stopped."""
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]  # noqa: PTH119, PTH122 (pathlib takes a while to import)
    return f"stopped: {name} was ended by {'Ctrl-C (SIGINT)' if signum == signal.SIGINT else 'SIGTERM'}; {advice}"


def _install(handler: Handler) -> dict[int, Handler | int | None]:
    """Installs the handler in place of Python's default handlers or of ours; returns the previous handlers."""
    known = (signal.SIG_DFL, signal.default_int_handler, _end, _raise)
    found = {int(signum): signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    before = {signum: there for signum, there in found.items() if there in known}
    try:
        for signum in before:
            signal.signal(signum, handler)
    except ValueError:  # not the main thread
        return {}
    return dict(before)


def _end(signum: int, _frame: FrameType | None) -> None:
    # An exception raised here would have to pass through the imports of libraries, some of which catch all exceptions.
    os.write(2, f"{sentence(signum, 'it had not started; run the same command again')}\n".encode())
    os._exit(128 + signum)


def _raise(signum: int, _frame: FrameType | None) -> None:
    raise Stopped(signum)
