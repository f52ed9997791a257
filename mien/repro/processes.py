"""The processes of DVC that run stages: each leads a process group with its stages, so that all of them can be ended together."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from mien.core.dvc import dvc_command, tools_first
from mien.core.errors import Stopped

GRACE_S = 20.0  # for stages to remove temporary files, and for DVC to release what it has locked


class Processes:
    """Starts processes, and ends those that still run."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._ended = False

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None, piped: bool = False) -> subprocess.Popen[bytes]:
        """Starts `dvc` with the arguments and changes of the environment; `piped` leads both streams to `stdout` of the result.

        Raises Stopped if the processes have been ended. Without --wait-for-lock, DVC gives up after three seconds in which another DVC has
        the lock, even if a stage has just run for hours, and does not record this stage.
        """
        with self._lock:
            if self._ended:
                raise Stopped(signal.SIGTERM)
            process = subprocess.Popen(
                dvc_command("--wait-for-lock", *arguments),
                env=tools_first() | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else None,
                stderr=subprocess.STDOUT if piped else None,
                process_group=0,
            )
            # The number of a process that has ended may be given to another.
            self._running = [other for other in self._running if other.poll() is None] + [process]
        return process

    def end(self) -> None:
        """Ends all processes with their stages: as Ctrl-C does, so that DVC releases its locks, and by force if that does not help."""
        with self._lock:
            self._ended = True
            self._running = [process for process in self._running if process.poll() is None]
        # Under nohup and in the background of a script, SIGINT is ignored by this process and therefore by its children.
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            self._signal(signal.SIGINT)
        self._signal(signal.SIGTERM)
        self.kill()

    def kill(self) -> None:
        """Ends all processes with their stages at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, signum: int) -> None:
        """Sends a signal to the groups of all processes that run, and waits for the end of the groups for a while."""
        ends_s = time.monotonic() + GRACE_S
        for process in self._running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signum)
        while self._running and time.monotonic() < ends_s:
            self._running = [process for process in self._running if process.poll() is None or _has_members(process.pid)]
            time.sleep(0.05)


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def processes() -> Iterator[Processes]:
    """Processes that end with the block, also after an error, Ctrl-C (the second one ends them at once), SIGTERM or the terminal's end."""
    found = Processes()
    with _hanging_up():
        try:
            yield found
        except BaseException:
            try:
                found.end()
            except BaseException:
                found.kill()
                raise
            raise


@contextmanager
def _hanging_up() -> Iterator[None]:
    """Raises Stopped when the terminal is closed, which only this process learns. Under nohup, as always, nothing happens."""

    def stop(signum: int, _: FrameType | None) -> None:
        raise Stopped(signum)

    before = signal.getsignal(signal.SIGHUP)
    if before is not signal.SIG_DFL or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGHUP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
