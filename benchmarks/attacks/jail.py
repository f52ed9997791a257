"""Work on hostile input in a process of its own, which may die, hang or grow without taking the campaign with it."""

import multiprocessing
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    """What became of one piece of work."""

    result: Any
    """what the work returned; None if it did not"""
    broken: str | None
    """an exception's last lines, the death of the process, or that it took too long"""
    seconds: float
    peak_bytes: int
    """the most memory that the process held meanwhile (VmHWM), all imports included; 0 where it died"""


class Jail:
    """Does `work(piece)`, a top-level function, in a process that is killed after `limit_s` for one piece, and then started anew."""

    def __init__(self, work: Callable[[Any], Any], *, limit_s: float) -> None:
        self._work, self._limit_s = work, limit_s
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._work, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pipe.close()  # which ends it
        self._process.join(5)
        self._process.kill()

    def ask(self, piece: Any) -> Answer:
        """Has one piece of work done."""
        begun_s = time.monotonic()
        self._pipe.send(piece)
        answered = None
        with suppress(EOFError, ConnectionResetError):
            if self._pipe.poll(self._limit_s):
                answered = self._pipe.recv()
        seconds = time.monotonic() - begun_s
        if answered is not None:
            result, broken, peak_bytes, worked_s = answered
            return Answer(result, broken, worked_s, peak_bytes)
        self._process.join(0.5)
        code = self._process.exitcode
        self._process.kill()
        self._process.join()
        self._start()
        return Answer(None, f"took more than {self._limit_s:g} s" if code is None else f"the process ended with code {code}", seconds, 0)


def _serve(work: Callable[[Any], Any], pipe: Connection) -> None:
    while True:
        try:
            piece = pipe.recv()
        except EOFError:
            return
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # the peak from now on, not since the start
        begun_s, result, broken = time.monotonic(), None, None
        try:
            result = work(piece)
        except BaseException:
            broken = " | ".join(line.strip() for line in traceback.format_exc().splitlines()[-3:])
        pipe.send((result, broken, _peak_bytes(), time.monotonic() - begun_s))


def _peak_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])
