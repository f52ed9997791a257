"""Stages and commands as processes in hard surroundings (killed at any moment, under a limit on file sizes), or within this process.

For tests and benchmarks.
"""

import io
import os
import resource
import runpy
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Outcome:
    """How a process ended."""

    code: int
    """as Python counts: -N where signal N killed it"""
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """The lines on stderr without progress bars and blank lines."""
        lines = [line.rsplit("\r", 1)[-1].strip() for line in self.err.splitlines()]
        return [line for line in lines if line and "it/s" not in line and "%|" not in line and "/s]" not in line and "?," not in line]


def run_stage(name: str, *arguments: str, **how: Any) -> Outcome:
    """Runs `python -m stages.NAME` with the further arguments of `run`."""
    return run([sys.executable, "-m", f"stages.{name}", *arguments], **how)


def run(
    command: Sequence[str],
    *,
    root: Path,
    max_file_bytes: int | None = None,
    stop: int = 0,
    after_s: float = 0.0,
    when: Callable[[], bool] | None = None,
    group: bool = True,
    environment: dict[str, str] | None = None,
    timeout_s: float = 120,
) -> Outcome:
    """Runs a command to its end in the folder `root`, with this repository's code and without tracking.

    No file that it writes may be larger than `max_file_bytes` (RLIMIT_FSIZE). Signal `stop` is sent `after_s` seconds after its start, or
    after `when()` first holds: to all its processes, as a terminal does, or with `group=False` to the first alone. What is left of its
    processes after `timeout_s` is killed, and the run fails.
    """

    def limited() -> None:
        if max_file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))

    settings = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MIEN_TRACKING": "off", **(environment or {})}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_", "MIEN_"))}
    process = subprocess.Popen(
        command,
        cwd=root,
        env=kept | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=limited,
    )
    try:
        if stop:
            ends_s = time.monotonic() + timeout_s
            while when is not None and not when() and process.poll() is None and time.monotonic() < ends_s:
                time.sleep(0.005)
            with suppress(subprocess.TimeoutExpired):
                process.wait(after_s)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, stop) if group else os.kill(process.pid, stop)
        out, err = process.communicate(timeout=timeout_s)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Outcome(process.returncode, out, err)


def run_stage_here(name: str, *arguments: str, root: Path) -> Outcome:
    """What `python -m stages.NAME` does, in this process: for what needs no process of its own, because the imports take most of its
    time.
    """

    def stage() -> None:
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # the module may have been imported before
            runpy.run_module(f"stages.{name}", run_name="__main__", alter_sys=True)

    return run_here(stage, *arguments, root=root)


def run_here(command: Callable[[], object], *arguments: str, root: Path) -> Outcome:
    """Calls a command line that reads sys.argv, in this process, in the folder `root`, without tracking; an exception passes through."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_", "MIEN_"))}
    kept |= {"MIEN_TRACKING": "off", "COLUMNS": "200", "NO_COLOR": "1"}
    code: Any = 0
    with (
        mock.patch.dict(os.environ, kept, clear=True),
        mock.patch.object(sys, "argv", ["mien", *arguments]),
        chdir(root),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            command()
        except SystemExit as end:
            code = end.code or 0
    return Outcome(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def leftovers(root: Path) -> list[Path]:
    """Temporary files and folders below `root`."""
    return sorted(root.rglob(".*.tmp*"))


def tree(root: Path) -> dict[str, bytes]:
    """The content of every file below `root`, by its path there."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
