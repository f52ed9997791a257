"""The schema of experiments/NAME.yaml, and its reader.

title: what is compared, in one line
description: more details, for `mien study NAME --dry`
preset: fer2013                     # optional: merged into params.yaml first, by name or path
models: [mobilenet_rebalanced]      # optional: the models that the runs keep; all others are left out
params: {train: {epochs: 10}}       # optional: a patch of params.yaml (mien/config/patch.py) for every run
target: compare                     # DVC stage or stages to reproduce
runs:                               # either named runs, each with the dotted keys that it sets (null removes a key) …
  plain: {models.*.loss: cross_entropy}
  focal: {models.*.loss: focal, loss.gamma: 3}
grid:                               # … or a grid: every combination of the values of these keys, or of such named runs
  split.imbalance_factor: [4, 8]
  method: {plain: {…}, focal: {…}}
show: [models.*.loss]               # optional: which parameters the study's table shows; the default is those that differ
"""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import PurePath
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from mien.config.documents import read_document
from mien.config.faults import Fault, refuse, schema_faults, suggestion
from mien.config.sections.base import Names, Section
from mien.core import paths
from mien.core.errors import StudyError
from mien.core.plural import plural

NOT_HERE = "run from the repository's root"
_NAME = re.compile(r"[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*")  # what git accepts in the name of a branch
_NAME_RULE = "must be a name of letters, digits, _ and single . or - between them, because it becomes the name of an experiment"
_MARK = re.compile(r"^(runs|grid):", re.MULTILINE)

Settings = Mapping[str, JsonValue]
"""Dotted keys and their values. A * in place of a part stands for all matching keys there; null removes a key."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _empty(value: Any) -> Any:
    return {} if value is None else value


def _with_dotted_keys(settings: Settings) -> Settings:
    refuse(
        ("", "must set dotted keys of params.yaml, such as loss.gamma", key) for key in settings if not all(key.split(".")) or "=" in key
    )
    return settings


def _with_names(runs: Mapping[str, Settings]) -> Mapping[str, Settings]:
    refuse((run, _NAME_RULE, run) for run in runs if not _is_name(run))
    return runs


def _as_runs(grid: Any) -> Any:
    """Each axis of a grid as named runs: a list of values becomes one run per value, named by the value."""
    if not isinstance(grid, Mapping):
        return grid
    refuse(fault for axis, values in grid.items() for fault in _axis_faults(str(axis), values))
    return {
        axis: values if isinstance(values, Mapping) else {_label(value): {axis: value} for value in values} for axis, values in grid.items()
    }


def _axis_faults(axis: str, values: Any) -> Iterator[Fault]:
    if isinstance(values, Mapping) and all(isinstance(run, str) and isinstance(own, Mapping | None) for run, own in values.items()):
        return
    if not isinstance(values, list):
        yield axis, "must be a list of values, or runs by name, {name: {key: value}}", values
        return
    if not values:
        yield axis, "must have at least one value", values
    for value in values:
        if not isinstance(value, str | int | float) or not _is_name(_label(value).lstrip("-")):
            yield (
                axis,
                "must list numbers or short words, which name the runs; give others as named runs, {name: {key: value}}",
                value,
            )
    if len(set(map(_label, values))) != len(values):
        yield axis, "must list each value once", values


OwnSettings = Annotated[Settings, BeforeValidator(_empty), AfterValidator(_with_dotted_keys)]
NamedRuns = Annotated[Mapping[str, OwnSettings], Field(min_length=1), AfterValidator(_with_names)]


class Study(Section):
    """One study file."""

    title: str = Field(min_length=1)
    description: str = ""
    preset: str = ""
    models: Names = ()
    params: Mapping[str, JsonValue] = Field(default_factory=dict)
    target: Annotated[Names, BeforeValidator(_listed)] = Field(("compare",), min_length=1)
    runs: NamedRuns | None = None
    grid: Annotated[Mapping[str, NamedRuns] | None, BeforeValidator(_as_runs)] = Field(None, min_length=1)
    show: Names = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.runs is None) == (self.grid is None):
            refuse([("", "must have either `runs` or `grid`", [key for key in ("runs", "grid") if getattr(self, key) is not None])])
        if self.grid and len(self.named_runs()) < prod(map(len, self.grid.values())):
            refuse([("grid", "must give each combination a different name, which is its values joined by -", list(self.named_runs()))])
        return self

    def named_runs(self) -> dict[str, Settings]:
        """The runs by name, in the file's order; runs of a grid are named by their values, and the first axis varies slowest."""
        if self.grid is None:
            return dict(self.runs or {})
        return {
            "-".join(name for name, _ in point): {key: value for _, settings in point for key, value in settings.items()}
            for point in product(*(axis.items() for axis in self.grid.values()))
        }


def names() -> list[str]:
    """The names of all studies, sorted; other files of the folder, such as presets, are left out."""
    files = (path for path in paths.EXPERIMENTS.glob("*.yaml") if path.is_file())
    return sorted(path.stem for path in files if _MARK.search(path.read_text(encoding="utf-8", errors="replace")))


def load_study(name: str) -> Study:
    """The study in experiments/NAME.yaml. Raises StudyError with one line per fault: key, rule and value."""
    path = paths.EXPERIMENTS / f"{name}.yaml"
    if not path.exists():
        there = suggestion(PurePath(name).stem, names(), otherwise=f"choose one of: {', '.join(names())}") if names() else NOT_HERE
        raise StudyError(f"there is no study '{name}' ({path}); {there}")
    document = read_document(path, error=StudyError, what="a map")
    if not {"runs", "grid"} & set(document):
        raise StudyError(f"{path} is not a study: it has neither `runs` nor `grid`; if it is a preset, `mien preset {path}` applies it")
    faults = [fault.removeprefix(": ") for fault in schema_faults(Study, document, ())]
    faults += [] if _is_name(name) else [f"the file's name {_NAME_RULE} (got {name!r})"]
    if faults:
        raise StudyError(f"{path} has {plural(len(faults), 'fault')}:\n" + "\n".join(f"  {fault}" for fault in faults))
    return Study.model_validate(document)


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and not text.endswith(".lock")


def _label(value: JsonValue) -> str:
    """A value of a grid's axis as it appears in a run's name."""
    return str(value).lower() if isinstance(value, bool) else str(value)
