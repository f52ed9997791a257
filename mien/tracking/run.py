"""The live view of runs in MLflow, for stages: best effort, never an error.

A stage writes what it does to a live file (mien.tracking.live), and a process of its own, `python -m mien.tracking.sync`, follows all
live files of a folder and brings MLflow to what they and the metrics files say. MLflow takes seconds to load and may be absent, hang or
crash: none of that stops a stage. A stage waits until that process has reached MLflow (`report`: until it has written everything), WAIT_S at most, and
otherwise prints one warning; `mien track` then writes what is missing. MIEN_TRACKING=off turns all of it off.
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
LINGER_S = 60.0  # for which MLflow stays loaded between two stages


class Run:
    """The runs in MLflow that a stage is about, as the stage sees them. Nothing raises."""

    def __init__(self, stage: str, model: str | None = None) -> None:
        self._file: LiveFile | None = None
        self._process: subprocess.Popen[bytes] | None = None
        if _wanted():
            with self._best_effort():
                params = load_params()
                runs = openings(params, models_with_results(params.models), stage="track") if stage == "report" else []
                self._file = LiveFile(stage, runs or openings(params, [model], stage=stage))
                self._process = _start(self._file.path.parent)

    def log_epoch(self, metrics: Mapping[str, float], epoch: int) -> None:
        """Adds one point, at `epoch`, to the curve of each metric."""
        with self._best_effort():
            if self._file is not None:
                values = {name: float(value) for name, value in metrics.items()}
                self._file.append({"epoch": epoch, "metrics": values, "time_ms": int(time.time() * 1000)})

    def close(self, status: str, *, written: bool = False) -> None:
        """Ends the runs as FINISHED, FAILED or KILLED; waits until MLflow is reached, or all is `written`."""
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
            if self._process is None or self._process.poll() == 0:  # another process follows, or did
                self._process = _start(path.parent)
            elif self._process.returncode:
                raise TrackingError(f"its process ended with code {self._process.returncode}")
            if time.monotonic() > ends_s:
                raise TrackingError(f"not done within {seconds:.0f} s, left to finish by itself")
            time.sleep(0.02)

    @contextmanager
    def _best_effort(self) -> Iterator[None]:
        """Turns an error into one line on stderr, after which nothing is tracked any more."""
        try:
            yield
        except Exception as error:
            self._file = None
            reason = str(error) if isinstance(error, TrackingError) else f"{type(error).__name__}: {error}"
            short = printable(" ".join(reason.split()))[:300]
            print(f"warning: MLflow: {short}; results are not affected, `mien track` writes what is missing", file=sys.stderr)


@contextmanager
def model_run(model: str, *, stage: str) -> Iterator[Run]:
    """The run of one model within the experiment's; the same run for all stages of the same configuration and data.

    Its metrics and files are read from what the stage has written when it ends.
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
    """Adds the leaderboard, the comparisons and the counts of the data stages to the experiment's run, once `compare` has written them."""
    Run("compare").close("FINISHED")


def log_report() -> None:
    """Adds the report and the cards to the runs, and what else they lack, as `mien track` does, once metrics/report is whole."""
    Run("report").close("FINISHED", written=True)


def _wanted() -> bool:
    # Further processes of a distributed training would only write the same again.
    ranks = (os.environ.get(name, "0") for name in ("RANK", "LOCAL_RANK"))
    return os.environ.get("MIEN_TRACKING", "").lower() not in ("off", "0", "false", "no") and all(rank == "0" for rank in ranks)


def _start(place: Path) -> subprocess.Popen[bytes] | None:
    """A process that follows the live files in `place`, unless there is one."""
    with locked(place / "lock", wait=False) as free:
        if not free:
            return None
        state(place).write_text("", encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "mien.tracking.sync", str(place), str(LINGER_S)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a pipe of the stage's would keep DVC waiting
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # an interrupted stage still has to tell MLflow so
    )
