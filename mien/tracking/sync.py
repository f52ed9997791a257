"""Brings MLflow up to date with the files in a folder: for `mien track`, and as a process that follows the stages. It is idempotent.

A stage starts `python -m mien.tracking.sync PLACE LINGER_S` in its folder. That process follows the live files in PLACE until `report` is
done, no stage has run for LINGER_S seconds, or MLflow fails while no stage runs. MLflow is thus loaded once per `dvc repro`.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import chdir, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mien.config.params import Params
from mien.core import paths
from mien.core.errors import TrackingError
from mien.tracking import store
from mien.tracking.live import READY, Followed, locked, state
from mien.tracking.opening import Opening, openings
from mien.tracking.results import models_with_results, results

POLL_S, RETRY_S = 0.5, 10.0
PATIENCE_S = 120  # for each file; this process ends even if MLflow hangs
NICENESS = 5  # training has priority
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "OMP_NUM_THREADS": "1",
}
# A server answers an upload only when its own storage has taken the file.
PATIENCE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1"}


@dataclass(frozen=True)
class Synced:
    """The result of `mien track`."""

    num_runs: int
    """number of runs that exist now: one per model with metrics, and the experiment's"""
    num_made: int
    """number of these that were created now"""
    num_completed: int
    """number of these that existed and were given metrics, files or a description now"""
    store: str
    """where"""


def sync(params: Params) -> Synced:
    """Completes the runs of all models and ensembles that have metrics, and the experiment's run. Raises TrackingError if MLflow fails."""
    runs = openings(params, models_with_results(params.evaluated), stage="track")
    try:
        writers = Target(Path.cwd()).bring(runs, "report") if runs else []
    except TrackingError as error:
        raise TrackingError(f"{error}; then run `mien track` again") from None
    except Exception as error:  # MLflow raises all kinds of exceptions
        reason = f"cannot write to MLflow ({_line(error)[:300]})"
        raise TrackingError(f"{reason}; check MLFLOW_TRACKING_URI and run `mien track` again") from None
    made = sum(writer.created for writer in writers)
    completed = sum(writer.num_added > 0 and not writer.created for writer in writers)
    return Synced(num_runs=len(runs), num_made=made, num_completed=completed, store=store.shown(paths.workspace()))


class Target:
    """MLflow as the target for the results in `folder` (absolute), connected on first use. Raises whatever MLflow raises."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._workspace = folder, paths.workspace()
        self._connected: tuple[Any, str] | None = None

    def connect(self) -> tuple[Any, str]:
        """Returns MLflow's client, and the id of its experiment."""
        if self._connected is None:
            os.environ.update(PATIENCE | dict(os.environ) | QUIET)
            from mien.tracking.writer import connect

            with chdir(self._workspace), self._alone():  # two experiments at once create one database
                self._connected = connect(self._workspace)
        return self._connected

    def bring(self, runs: list[Opening], stage: str) -> list[Any]:
        """Updates `runs` from what the folder contains up to `stage`; returns their writers. Raises FileNotFoundError if it is gone."""
        with chdir(self._folder):
            found = [results(opening.model, stage) for opening in runs]
        writers = [self._writer(opening) for opening in runs]
        with chdir(self._workspace), self._alone():
            for writer, result in zip(writers, found, strict=True):
                writer.write(result)
        return writers

    def write(self, file: Followed) -> None:
        """Writes what is new in a live file, and everything that its stage did once the stage has ended."""
        if file.stage == "train":
            file.writer = file.writer or self._writer(file.openings[0])
            with chdir(self._workspace):
                file.writer.begin()
                while file.epochs:
                    file.writer.log(file.epochs[0]["metrics"], file.epochs[0]["epoch"], file.epochs[0]["time_ms"])
                    file.epochs.pop(0)  # only now that it is written
        if file.status == "FINISHED":
            with suppress(FileNotFoundError):  # the folder of an experiment that is over
                self.bring(file.openings, file.stage)
        if file.status and file.stage == "train":
            with chdir(self._workspace):
                file.writer.end(file.status)

    def _writer(self, opening: Opening) -> Any:
        connected = self.connect()
        from mien.tracking.writer import Writer

        with chdir(self._workspace), self._alone():
            return Writer(opening, *connected)

    def _alone(self) -> Any:
        return locked(self._workspace / ".mien" / "mlflow.lock", wait=True)


def follow(place: Path, folder: Path, *, linger_s: float) -> None:
    """Follows the live files in `place` of stages that run in `folder`, both absolute, unless another process already does."""
    tries = 5  # a stage holds the lock for a moment, to check whether a process follows
    while tries and any(place.glob("*.jsonl")):  # check again for a file that came just before we left: its stage relies on us
        with locked(place / "lock", wait=False) as ours:
            if ours and not _follow(place, folder, linger_s=linger_s):
                return
        tries -= 1
        time.sleep(0.1)


def _follow(place: Path, folder: Path, *, linger_s: float) -> bool:
    """Returns whether everything was written."""
    target, active = Target(folder), dict[Path, Followed]()
    busy_s, over, told = time.monotonic(), False, ""
    while True:
        for path in sorted(place.glob("*.jsonl")):
            if path not in active:
                active[path] = Followed(path)
        if active:
            busy_s = time.monotonic()
        failure = _attempt(target.connect)
        if not (told or failure):
            state(place).write_text(told := READY)
        for path, file in list(active.items()):
            file.read()
            # The files may have changed since; `report` and `mien track` then write them.
            stale = file.status and not file.writer and _is_old(path)
            failed = "" if stale else failure or _attempt(partial(target.write, file))
            if file.status and not failed:
                path.unlink(missing_ok=True)
                del active[path]
                over = file.stage == "report"
            failure = failure or failed
        if (failure or READY) != told:
            state(place).write_text(told := failure or READY)
        if failure and all(file.status for file in active.values()):
            return False
        if not active and (over or time.monotonic() - busy_s >= linger_s or not folder.is_dir()):
            return True
        time.sleep(RETRY_S if failure else POLL_S)


def _attempt(step: Callable[[], Any]) -> str:
    """Returns the reason of a failure; empty on success."""
    signal.alarm(PATIENCE_S)
    try:
        step()
    except Exception as error:  # MLflow raises all kinds of exceptions
        return _line(error)
    finally:
        signal.alarm(0)
    return ""


def _is_old(path: Path) -> bool:
    return path.exists() and time.time() - path.stat().st_mtime > PATIENCE_S


def _line(error: Exception) -> str:
    if isinstance(error, TrackingError):
        return str(error)
    return store.without_password(" ".join(f"{type(error).__name__}: {error}".split()))  # MLflow's errors contain the whole address


if __name__ == "__main__":
    os.nice(NICENESS)
    here = Path.cwd()
    os.chdir(paths.workspace())  # the workspace stays, unlike the folder of an experiment
    follow(Path(sys.argv[1]), here, linger_s=float(sys.argv[2]))
    os._exit(0)  # Python's normal exit takes half a second
