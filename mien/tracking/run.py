"""The live view of runs in MLflow, for stages: best effort, at most a few seconds, never an error.

A stage sends what it has to a process of its own (`python -m mien.tracking.writer`) through a pipe and goes on. MLflow takes 2-3 s to
load, 5-10 s to make its first database, and may be absent, hang or crash: beside the stage, none of that costs a training run. A stage
waits for it WAIT_S at most, then goes with one warning on stderr; `mien track` writes what is missing from the metrics files.
MIEN_TRACKING=off turns all of it off.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import Stopped
from mien.core.printable import printable
from mien.tracking import artifacts, messages

Arguments = ParamSpec("Arguments")

WAIT_S = 5.0
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "OMP_NUM_THREADS": "1",
}
PATIENCE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "3", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1"}


def _best_effort(log: Callable[Arguments, None]) -> Callable[Arguments, None]:
    @wraps(log)
    def attempt(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            log(*args, **kwargs)
        except Exception as error:
            warn(f"{type(error).__name__}: {error}")

    return attempt


class Run:
    """One MLflow run as a stage sees it; every method returns at once and raises nothing."""

    def __init__(self, opening: messages.Message | None) -> None:
        self._model: str | None = opening["open"]["model"] if opening else None
        self._process = _start("mien.tracking.writer") if opening else None
        if opening:
            self._send(opening)

    @_best_effort
    def log_epoch(self, figures: Mapping[str, float], epoch: int) -> None:
        """Adds one point, at `epoch`, to the curve of each figure."""
        self._send(messages.figures_message(figures, step=epoch))

    @_best_effort
    def log_figures(self, figures: Mapping[str, Any]) -> None:
        """Final figures; nested maps become names with /, what is no number is left out."""
        self._send(messages.figures_message(messages.flat(figures)))

    @_best_effort
    def log_training(self, record: Mapping[str, Any]) -> None:
        """What counts in metrics/train/MODEL.json."""
        self.log_figures(messages.training_figures(record))

    @_best_effort
    def log_test(self, report: Mapping[str, Any]) -> None:
        """What counts in metrics/evaluate/MODEL.json, and the files that `evaluate` wrote beside it."""
        self.log_figures(messages.test_figures(report))
        for path in artifacts.test_files(self._model) if self._model else ():
            self.log_artifact(path)

    @_best_effort
    def log_explanation(self, report: Mapping[str, Any]) -> None:
        """What counts in metrics/explain/MODEL.json, and the galleries and failures that `explain` wrote."""
        self.log_figures(messages.explanation_figures(report))
        for path in artifacts.explanation_files(self._model) if self._model else ():
            self.log_artifact(path)

    @_best_effort
    def log_artifact(self, path: Path) -> None:
        """A file to keep with the run, once for as long as it stays as it is; it must still be there when the stage ends."""
        self._send(messages.artifact_message(path))

    @_best_effort
    def log_description(self, path: Path) -> None:
        """A Markdown file to show beside the run."""
        self._send(messages.description_message(path))

    def close(self, status: str) -> None:
        """Ends the run as FINISHED, FAILED or KILLED and waits for MLflow, WAIT_S at most."""
        self._send({"close": status})
        process, self._process = self._process, None
        if process is not None:
            _wait(process, seconds=WAIT_S)

    def _send(self, message: messages.Message) -> None:
        if self._process is None or self._process.stdin is None:
            return
        line = json.dumps(message).encode() + b"\n"
        try:
            if os.write(self._process.stdin.fileno(), line) < len(line):  # the pipe does not block: a hanging MLflow must not hang us
                raise BlockingIOError
        except OSError:
            process, self._process = self._process, None
            process.kill()
            said, _ = process.communicate()
            warn(_last_line(said) or "it no longer takes what is sent")


@contextmanager
def model_run(model: str, *, stage: str) -> Iterator[Run]:
    """The run of one model within the experiment's; the same run for all stages of the same configuration and data."""
    with _closing(_opening(model, stage)) as run:
        yield run


@_best_effort
def log_experiment(leaderboard: Mapping[str, Mapping[str, float]]) -> None:
    """Adds the leaderboard, the comparisons and the data stages' counts to the experiment's run."""
    with _closing(_opening(None, "compare")) as run:
        run.log_figures(messages.experiment_figures(leaderboard))
        for path in artifacts.comparison_files():
            run.log_artifact(path)
        if paths.LEADERBOARD_TABLE.is_file():
            run.log_description(paths.LEADERBOARD_TABLE)


@_best_effort
def log_report() -> None:
    """Adds the report and the cards to the runs: call it when metrics/report is whole, as the last thing that stage `report` does.

    The experiment's run keeps the whole folder and describes itself by the leaderboard; each model's run keeps its card and describes itself by
    it. Whatever else the runs lack of the files under metrics/ comes along, because this is `mien track` in a process beside the stage.
    """
    if _wanted() and (process := _start("mien.tracking.backfill")):
        _wait(process, seconds=2 * WAIT_S)  # for all runs, and once at a pipeline's end


def warn(reason: str) -> None:
    """One line on stderr."""
    short = printable(" ".join(reason.split()))[:300]
    print(f"warning: MLflow: {short}; results are not affected, `mien track` writes what is missing", file=sys.stderr)


def _wanted() -> bool:
    # Further processes of a distributed training would only write the same again.
    ranks = (os.environ.get(name, "0") for name in ("RANK", "LOCAL_RANK"))
    return os.environ.get("MIEN_TRACKING", "").lower() not in ("off", "0", "false", "no") and all(rank == "0" for rank in ranks)


def _opening(model: str | None, stage: str) -> messages.Message | None:
    try:
        return messages.opening_message(load_params(), model=model, stage=stage) if _wanted() else None
    except Exception as error:
        warn(f"{type(error).__name__}: {error}")
        return None


@contextmanager
def _closing(opening: messages.Message | None) -> Iterator[Run]:
    run, status = Run(opening), "FAILED"
    try:
        yield run
        status = "FINISHED"
    except (KeyboardInterrupt, Stopped):
        status = "KILLED"
        raise
    finally:
        run.close(status)


def _wait(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    try:
        said, _ = process.communicate(timeout=seconds)
        if process.returncode:
            warn(_last_line(said) or f"its process ended with code {process.returncode}")
    except subprocess.TimeoutExpired:
        warn(f"not done within {seconds:.0f} s, left to finish by itself")


def _last_line(said: bytes) -> str:
    return (said.decode(errors="replace").strip().splitlines() or [""])[-1]


def _start(module: str) -> subprocess.Popen[bytes] | None:
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**PATIENCE, **os.environ, **QUIET},
            start_new_session=True,  # an interrupted stage still has to tell MLflow so
        )
        assert process.stdin is not None
        os.set_blocking(process.stdin.fileno(), False)
    except OSError as error:
        warn(str(error))
        return None
    return process
