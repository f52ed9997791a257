"""Ctrl-C and SIGTERM as one line and the exit code that shells know (130, 143), instead of a traceback or silence.

While a stage's modules are still being imported nothing has been written, and the process simply ends; later, Stopped is raised, so that
temporary files are removed and worker processes ended on the way out. This module is imported first of all, so it imports little itself.
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
    """From now on a signal prints its line and ends the process at once: for the time in which modules are imported."""
    _install(_end)


@contextmanager
def raising_stopped() -> Iterator[None]:
    """Within, a signal raises Stopped in the main thread. Outside the main thread, or where the signals are ignored (nohup), nothing changes."""
    before = _install(_raise)
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def sentence(signum: int, advice: str) -> str:
    """What to print when the process is stopped."""
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]  # noqa: PTH119, PTH122 (pathlib takes a while to import)
    return f"stopped: {name} was ended by {'Ctrl-C (SIGINT)' if signum == signal.SIGINT else 'SIGTERM'}; {advice}"


def _install(handler: Handler) -> dict[int, Handler | int | None]:
    """Puts the handler in the place of Python's own, or of ours; returns what was there."""
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
    # Raised from here, an exception would have to pass through the imports of others, and some catch all.
    os.write(2, f"{sentence(signum, 'it had not begun; run the same command again')}\n".encode())
    os._exit(128 + signum)


def _raise(signum: int, _frame: FrameType | None) -> None:
    raise Stopped(signum)
