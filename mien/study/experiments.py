"""Queues, runs, removes and reads DVC experiments through DVC's command line."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mien.core import paths
from mien.core.dvc import dvc_command, tools_first
from mien.core.errors import StudyError
from mien.study.plan import Run

DONE, QUEUED, RUNNING, FAILED = "done", "queued", "running", "failed"
_STATES = {"success": DONE, "queued": QUEUED, "running": RUNNING, "failed": FAILED}


@dataclass(frozen=True)
class Experiment:
    """One experiment as DVC reports it."""

    state: str
    params: Mapping[str, Any]
    leaderboard: Mapping[str, Mapping[str, float]]
    """the metrics of each model by name; empty unless the experiment is done"""


def queue_command(run: Run, targets: Iterable[str]) -> list[str]:
    """The command that queues one run."""
    settings = [part for override in run.overrides for part in ("-S", override)]
    return ["dvc", "exp", "run", "--queue", "--name", run.experiment, *settings, *targets]


def experiments(*, rev: str = "HEAD") -> dict[str, Experiment]:
    """The experiments based on the commit `rev`, by name; if several share a name, the one that is done, otherwise the latest.

    They are read from DVC's JSON, not from `dvc.api.exp_show()`, which parses its values from the cells of a table: there 3 becomes 3.0,
    true becomes the text "True", and a missing parameter becomes the text "None".
    """
    shown = json.loads(_dvc("exp", "show", "--json", "--no-pager", "--rev", rev))
    found: dict[str, Experiment] = {}
    for commit in shown:
        for entry in commit["experiments"] or ():
            experiment = _experiment(entry)
            if entry["name"] and (entry["name"] not in found or experiment.state == DONE):
                found[entry["name"]] = experiment
    return found


def queue(run: Run, targets: Iterable[str]) -> None:
    """Queues one run; the workspace does not change. Raises StudyError if DVC refuses."""
    _dvc(*queue_command(run, targets)[1:])


def remove(names: Iterable[str], *, failed: Iterable[str] = ()) -> None:
    """Removes experiments that are done or queued, and the `failed` ones from DVC's list of tasks."""
    if names := list(names):
        _dvc("exp", "remove", *names)
    if failed := list(failed):
        _dvc("queue", "remove", *failed)


def run_queued() -> None:
    """Runs everything that is queued, one run after the other, in copies of the workspace; shows their output until they are done."""
    code = subprocess.run(dvc_command("exp", "run", "--run-all"), env=tools_first(), check=False).returncode
    if code:
        raise StudyError(f"`dvc exp run --run-all` ended with code {code}; `dvc queue status` shows the state of each run")


def _experiment(entry: dict[str, Any]) -> Experiment:
    data = entry["revs"][0].get("data") or {}
    state = _STATES.get((entry.get("executor") or {}).get("state") or "success", RUNNING)
    params = (data.get("params") or {}).get(str(paths.PARAMS), {}).get("data") or {}
    # For an experiment that is not done, DVC shows the metrics of the parent commit.
    board = (data.get("metrics") or {}).get(str(paths.LEADERBOARD), {}).get("data") or {} if state == DONE else {}
    return Experiment(state, params, board)


def _dvc(*arguments: str) -> str:
    done = subprocess.run(dvc_command(*arguments), env=tools_first(), capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.splitlines() or ["no reason given"]
        reason = next((line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")), lines[-1])
        raise StudyError(f"`dvc {' '.join(arguments[:2])}` failed: {reason}; run from the repository's root, in a git commit")
    return done.stdout
