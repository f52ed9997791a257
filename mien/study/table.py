"""The table of one study: a row per run (and model), the parameters that differ, and three test metrics; it fits 120 columns."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from mien.compare.leaderboard import HEADINGS
from mien.core import paths
from mien.core.markdown import markdown_table
from mien.statistics.headline import MAIN
from mien.study.experiments import DONE, Experiment
from mien.study.file import Settings, Study
from mien.study.plan import experiment_name

# The sections with the defaults of a model's own values.
DEFAULTS = {"loss_params": "loss", "head_params": "head", "train": "train", "augment": "augment"}
WIDEST = 28  # maximum number of characters in a cell
ABSENT = "–"


def study_table(name: str, study: Study, found: Mapping[str, Experiment]) -> str:
    """The study's runs in the file's order, as a Markdown table with aligned columns.

    A run without metrics shows its state, or "not queued". The parameters are those of `show`, or those that the runs set and that differ.
    """
    rows = [
        (run, model, experiment)
        for run in study.named_runs()
        for experiment in [found.get(experiment_name(name, run))]
        for model in _models(study, experiment)
    ]
    keys = list(study.show) or _differing(study, rows)
    several = len({model for _, model, _ in rows if model}) > 1
    lines = [["run", *(["model"] if several else []), *_headings(keys), *(HEADINGS[metric] for metric in MAIN)]]
    for run, model, experiment in rows:
        params = [_shown(_value(experiment, key, model)) for key in keys]
        lines.append([run, *([model] if several else []), *params, *_metrics(experiment, model)])
    return "\n".join(markdown_table(lines[0], lines[1:], num_left=len(lines[0]) - len(MAIN)))


def show_command(study: Study) -> list[str]:
    """DVC's own command for the study; it lists all experiments based on HEAD.

    DVC's headings are full keys, so only overall accuracy and macro-F1 of one model fit 120 columns beside the names of the runs.
    """
    models = "|".join(map(re.escape, study.models)) if study.models else "[^.]+"
    return ["dvc", "exp", "show", "--hide-workspace", "--drop", ".*", "--keep", rf"Experiment|({models})\.(accuracy|macro_f1)$"]


def _models(study: Study, experiment: Experiment | None) -> Sequence[str]:
    if experiment is None or experiment.state != DONE:
        return study.models[:1] or ("",)
    return [model for model in experiment.leaderboard if model in (study.models or experiment.leaderboard)] or [""]


def _differing(study: Study, rows: Sequence[tuple[str, str, Experiment | None]]) -> list[str]:
    keys = dict.fromkeys(leaf for settings in study.named_runs().values() for leaf in _leaves(settings))
    there = [(model, experiment) for _, model, experiment in rows if experiment]
    return [key for key in keys if len({_shown(_value(experiment, key, model)) for model, experiment in there}) > 1]


def _leaves(settings: Settings) -> list[str]:
    found = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found += [f"{key}.{leaf}" for leaf in _leaves(value)]
        elif value is not None:
            found.append(key)
    return found


def _headings(keys: Sequence[str]) -> list[str]:
    """The shortest endings of the keys that distinguish each key from the others."""
    headings = []
    for key in keys:
        parts = key.split(".")
        endings = [".".join(parts[-size:]) for size in range(1, len(parts) + 1)]
        headings.append(next((ending for ending in endings if sum(f".{other}".endswith(f".{ending}") for other in keys) == 1), key))
    return headings


def _value(experiment: Experiment | None, key: str, model: str) -> Any:
    """A parameter of one model's run; if the model does not set it, the default of all models."""
    if experiment is None:
        return None
    parts = key.split(".")
    found = _at(experiment.params, parts, model)
    if found is None and len(parts) == 4 and parts[0] == "models" and parts[2] in DEFAULTS:
        found = _at(experiment.params, [DEFAULTS[parts[2]], parts[3]], model)
    return found


def _at(node: Any, parts: Sequence[str], model: str) -> Any:
    for part in parts:
        if not isinstance(node, Mapping):
            return None
        matching = [key for key in node if fnmatchcase(key, part)]
        node = node[model if model in matching else matching[0]] if matching else None
    return node


def _shown(value: Any) -> str:
    text = ABSENT if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _metrics(experiment: Experiment | None, model: str) -> list[str]:
    board = experiment.leaderboard.get(model) if experiment else None
    if board:
        return [f"{board[metric]:.4f}" for metric in MAIN]
    state = "not queued" if experiment is None else experiment.state if experiment.state != DONE else f"no {paths.LEADERBOARD.name}"
    return [state, "", ""]
