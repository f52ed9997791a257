"""The live file of a stage, which `mien.tracking.sync` follows while the stage runs. It is in .mien, outside DVC's outs.

It contains JSON lines: the runs of the stage, a line per epoch, and how the stage ended. The stage holds a lock on its file, which the
operating system releases however the stage ends. The process that has written everything to MLflow deletes the file.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from mien.tracking.opening import Opening

READY = "ready"


def folder() -> Path:
    """The folder (absolute) of the live files of stages that run in the current folder; each setting of MLflow has its own."""
    settings = sorted((name, value) for name, value in os.environ.items() if name.startswith("MLFLOW_"))
    return Path(".mien", "live", hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:8]).resolve()


def state(place: Path) -> Path:
    """The file in which the process that follows `place` writes that it has reached MLflow (READY), or why it cannot write."""
    return place / "state"


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Holds a lock; yields False if another process holds it and `wait` is false."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        yield _lock(handle, fcntl.LOCK_EX, wait=wait)


class LiveFile:
    """The live file from the side of its stage. Raises OSError if it cannot be written."""

    def __init__(self, stage: str, openings: list[Opening]) -> None:
        self.path = folder() / f"{time.time_ns()}.{os.getpid()}.jsonl"  # sorted by time, and never used again
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        self._file = temporary.open("w", encoding="utf-8")
        _lock(self._file, fcntl.LOCK_EX, wait=True)
        self.append({"stage": stage, "openings": [asdict(opening) for opening in openings]})
        temporary.rename(self.path)  # only now that it is locked

    def append(self, entry: Mapping[str, Any]) -> None:
        """Adds a line."""
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def end(self, status: str) -> None:
        """Adds the last line: the stage is FINISHED, FAILED or KILLED."""
        with self._file:
            self.append({"status": status})


class Followed:
    """The live file from the side of its reader. Raises OSError if it is gone."""

    def __init__(self, path: Path) -> None:
        self._file, self._rest = path.open("rb"), b""
        self.stage, self.openings = "", list[Opening]()
        self.status = ""
        """how the stage ended; empty while it runs"""
        self.epochs: list[dict[str, Any]] = []
        """entries that were read but not yet written to MLflow; the writer removes them"""
        self.writer: Any = None
        """the writers of these entries"""
        self.read()

    def read(self) -> None:
        """Reads the lines that were added."""
        dead = _lock(self._file, fcntl.LOCK_SH, wait=False)  # checked first, because nothing is added after the stage has ended
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for entry in map(json.loads, lines):
            if "openings" in entry:
                self.stage, self.openings = entry["stage"], [Opening(**opening) for opening in entry["openings"]]
            elif "status" in entry:
                self.status = entry["status"]
            else:
                self.epochs.append(entry)
        if dead and not self.status:
            self.status = "KILLED"


def _lock(file: IO[Any], kind: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(file, kind | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
