"""Writes to MLflow, from the metrics files, what it lacks of the runs in this folder: `mien track`. Twice is the same as once.

As a process (`python -m mien.tracking.backfill`), beside stage `report`: see tracking.log_report.
"""

import csv
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass

from mien.config.params import Params, load_params
from mien.core import paths
from mien.core.errors import TrackingError
from mien.core.files import read_json
from mien.tracking import artifacts, store
from mien.tracking import run as tracking
from mien.tracking.messages import (
    Message,
    artifact_message,
    description_message,
    experiment_figures,
    explanation_figures,
    figures_message,
    flat,
    opening_message,
    test_figures,
    training_figures,
)

LINGER_S = 120


@dataclass(frozen=True)
class Backfill:
    """What `mien track` did."""

    num_runs: int
    """runs there now: a run per model with metrics, and the experiment's"""
    num_made: int
    """of these, made now"""
    num_completed: int
    """of these, there before and given figures, files or a description now"""
    store: str
    """where"""


def backfill(params: Params) -> Backfill:
    """Completes the runs of all models of `params` that have metrics, and the experiment's. Raises TrackingError if MLflow fails."""
    os.environ.update(tracking.PATIENCE | dict(os.environ) | tracking.QUIET)
    runs = [*_experiment_run(params), *_model_runs(params)]
    try:
        from mien.tracking.writer import Writer

        writers = []
        with chdir(paths.workspace()):  # see mlflow_store.address
            for messages in runs:
                writers.append(Writer(messages[0]))
                for message in messages[1:]:
                    writers[-1].write(message)
    except TrackingError as error:
        raise TrackingError(f"{error}; then run `mien track` again") from None
    except Exception as error:  # MLflow raises of every kind
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise TrackingError(f"MLflow cannot be written to ({reason}); look at MLFLOW_TRACKING_URI and run `mien track` again") from None
    made = sum(writer.created for writer in writers)
    completed = sum(writer.num_added > 0 and not writer.created for writer in writers)
    return Backfill(num_runs=len(runs), num_made=made, num_completed=completed, store=store.shown(paths.workspace()))


def _model_runs(params: Params) -> Iterator[list[Message]]:
    for model in params.models:
        curves, trained, tested = paths.train_curves(model), paths.train_metrics(model), paths.evaluation(model)
        if not paths.config(model).is_file() or not (trained.is_file() or tested.is_file()):
            continue
        messages = [opening_message(params, model=model, stage="track")]
        if curves.is_file():
            messages += _curves(curves.read_text(encoding="utf-8"))
        if trained.is_file():
            messages.append(figures_message(flat(training_figures(read_json(trained)))))
        if tested.is_file():
            messages.append(figures_message(flat(test_figures(read_json(tested)))))
        if paths.explanation(model).is_file():
            messages.append(figures_message(flat(explanation_figures(read_json(paths.explanation(model))))))
        messages += [artifact_message(path) for path in artifacts.model_files(model)]
        if paths.card(model).is_file():
            messages.append(description_message(paths.card(model)))
        yield [*messages, {"close": "FINISHED"}]


def _curves(table: str) -> Iterator[Message]:
    for row in csv.DictReader(table.splitlines()):
        figures = {name: number for name, cell in row.items() if name != "epoch" and (number := _number(cell)) is not None}
        yield figures_message(figures, step=int(row["epoch"]))


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _experiment_run(params: Params) -> Iterator[list[Message]]:
    if not paths.LEADERBOARD.is_file():
        return
    figures = flat(experiment_figures(read_json(paths.LEADERBOARD)))
    messages = [opening_message(params, model=None, stage="track"), figures_message(figures)]
    messages += [artifact_message(path) for path in artifacts.experiment_files()]
    if paths.LEADERBOARD_TABLE.is_file():
        messages.append(description_message(paths.LEADERBOARD_TABLE))
    yield messages


if __name__ == "__main__":
    signal.alarm(LINGER_S)  # the stage has perhaps gone on without us; never stay for good
    try:
        backfill(load_params())
        os._exit(0)  # Python's own farewell takes half a second, for which the stage would wait
    except TrackingError as failure:
        sys.exit(str(failure))
