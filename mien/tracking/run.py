"""Logs runs to MLflow while stages run: best effort, and never an error for the stage.

A stage writes its progress to a live file (mien.tracking.live). A separate process, `python -m mien.tracking.sync`, follows all live
files of a folder and updates MLflow from them and from the metrics files. MLflow takes seconds to load and may be absent, hang or
crash; none of this stops a stage. A stage waits until that process has reached MLflow (`report`: until it has written everything),
for WAIT_S at most, and otherwise prints one warning; `mien track` then writes what is missing. MIEN_TRACKING=off disables tracking.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mien.config.params import load_params
from mien.core.errors import Stopped, TrackingError
from mien.core.printable import printable
from mien.tracking.live import READY, LiveFile, locked, state
from mien.tracking.opening import openings
from mien.tracking.results import models_with_results

WAIT_S = 5.0
LINGER_S = 60.0  # how long MLflow stays loaded between two stages


class Run:
    """The MLflow runs of a stage, from the side of the stage. No method raises."""

    def __init__(self, stage: str, model: str | None = None) -> None:
        self._file: LiveFile | None = None
        self._process: subprocess.Popen[bytes] | None = None
        if _wanted():
            with self._best_effort():
                params = load_params()
                runs = openings(params, models_with_results(params.evaluated), stage="track") if stage == "report" else []
                self._file = LiveFile(stage, runs or openings(params, [model], stage=stage))
                self._process = _start(self._file.path.parent)

    def log_epoch(self, metrics: Mapping[str, float], epoch: int) -> None:
        """Adds one point, at `epoch`, to the curve of each metric."""
        with self._best_effort():
            if self._file is not None:
                values = {name: float(value) for name, value in metrics.items()}
                self._file.append({"epoch": epoch, "metrics": values, "time_ms": int(time.time() * 1000)})

    def close(self, status: str, *, written: bool = False) -> None:
        """Ends the runs as FINISHED, FAILED or KILLED; waits until MLflow is reached, or with `written` until everything is written."""
        with self._best_effort():
            if self._file is not None:
                self._file.end(status)
                self._wait(self._file.path, written=written, seconds=2 * WAIT_S if written else WAIT_S)

    def _wait(self, path: Path, *, written: bool, seconds: float) -> None:
        ends_s = time.monotonic() + seconds
        while path.exists():
            said = state(path.parent).read_text(encoding="utf-8")
            if said == READY and not written:
                return
            if said not in ("", READY):
                raise TrackingError(said)
            if self._process is None or self._process.poll() == 0:  # another process follows, or has followed
                self._process = _start(path.parent)
            elif self._process.returncode:
                raise TrackingError(f"its process ended with code {self._process.returncode}")
            if time.monotonic() > ends_s:
                raise TrackingError(f"not done within {seconds:.0f} s; it continues in the background")
            time.sleep(0.02)

    @contextmanager
    def _best_effort(self) -> Iterator[None]:
        """Turns an error into one line on stderr, after which nothing is tracked."""
        try:
            yield
        except Exception as error:
            self._file = None
            reason = str(error) if isinstance(error, TrackingError) else f"{type(error).__name__}: {error}"
            short = printable(" ".join(reason.split()))[:300]
            print(f"warning: MLflow: {short}; results are not affected, `mien track` writes what is missing", file=sys.stderr)


@contextmanager
def model_run(model: str, *, stage: str) -> Iterator[Run]:
    """The run of one model, nested in the experiment's run; all stages of the same configuration and data share it.

    When the stage ends, the run's metrics and files are read from what the stage has written.
    """
    run, status = Run(stage, model), "FAILED"
    try:
        yield run
        status = "FINISHED"
    except (KeyboardInterrupt, Stopped):
        status = "KILLED"
        raise
    finally:
        run.close(status)


def log_experiment() -> None:
    """Adds the leaderboard, the comparisons and the counts of the data stages to the experiment's run, after `compare` has written them."""
    Run("compare").close("FINISHED")


def log_report() -> None:
    """Adds the report, the cards and anything else that is missing to the runs, as `mien track` does, once metrics/report is complete."""
    Run("report").close("FINISHED", written=True)


def _wanted() -> bool:
    return os.environ.get("MIEN_TRACKING", "").lower() not in ("off", "0", "false", "no")


def _start(place: Path) -> subprocess.Popen[bytes] | None:
    """Starts a process that follows the live files in `place`, unless there is one already."""
    with locked(place / "lock", wait=False) as free:
        if not free:
            return None
        state(place).write_text("", encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "mien.tracking.sync", str(place), str(LINGER_S)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # DVC would wait for a pipe of the stage
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # an interrupted stage must still be able to report it to MLflow
    )
