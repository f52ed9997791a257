"""The form of experiments/NAME.yaml, and its reading.

title: what is compared, in one line
description: more words, for `mien study NAME --dry`
preset: fer2013                     # optional: merged into params.yaml first, by name or path
models: [mobilenet_rebalanced]      # optional: the models that the runs keep; the others leave them
params: {train: {epochs: 10}}       # optional: a patch of params.yaml (mien/config/patch.py) for every run
target: compare                     # DVC stage or stages to reproduce
runs:                               # either runs by name, each with the dotted keys that it sets (null takes one out) …
  plain: {models.*.loss: cross_entropy}
  focal: {models.*.loss: focal, loss.gamma: 3}
grid:                               # … or a grid: every combination of the values of these keys, or of such named runs
  split.imbalance_factor: [4, 8]
  method: {plain: {…}, focal: {…}}
show: [models.*.loss]               # optional: which parameters the study's table shows; default is those that differ
"""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import PurePath
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from mien.config.documents import read_document
from mien.config.faults import Fault, refuse, schema_faults, suggestion
from mien.config.sections.base import Names, Section
from mien.core import paths
from mien.core.errors import StudyError

NAME = re.compile(r"[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*")  # what git takes in the name of a branch
NOT_HERE = "run from the repository's root"
_MARK = re.compile(r"^(runs|grid):", re.MULTILINE)

Settings = Mapping[str, JsonValue]
"""Dotted keys, * in a part standing for all keys there that match, and their values; null takes a key out."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _empty(value: Any) -> Any:
    return {} if value is None else value


def _axis(value: Any) -> Any:
    """Told in our words, because pydantic tells of both kinds of an axis at once."""
    named = isinstance(value, Mapping) and all(isinstance(run, str) and isinstance(own, Mapping | None) for run, own in value.items())
    if not named and not isinstance(value, list):
        raise PydanticCustomError("rule", "must be a list of values, or runs by name, {name: {key: value}}")
    return value


OwnSettings = Annotated[Settings, BeforeValidator(_empty)]
Axis = Annotated[list[JsonValue] | Mapping[str, OwnSettings], BeforeValidator(_axis)]


class Study(Section):
    """One study file."""

    title: str = Field(min_length=1)
    description: str = ""
    preset: str = ""
    models: Names = ()
    params: Mapping[str, JsonValue] = Field(default_factory=dict)
    target: Annotated[Names, BeforeValidator(_listed)] = Field(("compare",), min_length=1)
    runs: Mapping[str, OwnSettings] | None = Field(None, min_length=1)
    grid: Mapping[str, Axis] | None = Field(None, min_length=1)
    show: Names = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if (self.runs is None) == (self.grid is None):
            yield "", "must have either `runs` or `grid`", [key for key in ("runs", "grid") if getattr(self, key) is not None]
        for run, settings in (self.runs or {}).items():
            yield from _name_faults(f"runs.{run}", run)
            yield from _key_faults(f"runs.{run}", settings)
        for axis, values in (self.grid or {}).items():
            if not values:
                yield f"grid.{axis}", "must have at least one value", values
            elif isinstance(values, Mapping):
                for label, settings in values.items():
                    yield from _name_faults(f"grid.{axis}.{label}", label)
                    yield from _key_faults(f"grid.{axis}.{label}", settings)
            else:
                yield from _key_faults("grid", {axis: None})
                yield from _value_faults(f"grid.{axis}", values)
        if self.grid and len(self.named_runs()) < _num_combinations(self.grid):
            yield "grid", "must give each combination a name of its own, its values joined by -", list(self.named_runs())

    def named_runs(self) -> dict[str, Settings]:
        """The runs, in the file's order, by name; those of a grid are named by their values, the last axis changing first."""
        if self.runs is not None:
            return dict(self.runs)
        assert self.grid is not None
        axes: list[list[tuple[str, Settings]]] = []
        for axis, values in self.grid.items():
            axes.append(list(values.items()) if isinstance(values, Mapping) else [(label(value), {axis: value}) for value in values])
        return {
            "-".join(name for name, _ in point): {key: value for _, settings in point for key, value in settings.items()}
            for point in product(*axes)
        }


def label(value: JsonValue) -> str:
    """A value of a grid's axis as it stands in a run's name."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _num_combinations(grid: Mapping[str, Axis]) -> int:
    return prod(len({label(value) for value in values}) for values in grid.values())


def names() -> list[str]:
    """The studies there are, sorted; other files of the folder, such as presets, are left out."""
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
        raise StudyError(f"{path} is no study: it has neither `runs` nor `grid`; if it is a preset, `mien preset {path}` applies it")
    faults = [fault.removeprefix(": ") for fault in schema_faults(Study, document, ())]
    faults += [f"the file's name {rule} (got {value!r})" for _, rule, value in _name_faults("", name)]
    if faults:
        raise StudyError(f"{path} has {len(faults)} fault{'s'[: len(faults) != 1]}:\n" + "\n".join(f"  {fault}" for fault in faults))
    return Study.model_validate(document)


def _name_faults(key: str, name: str) -> Iterator[Fault]:
    if not NAME.fullmatch(name) or name.endswith(".lock"):
        yield key, "must be a name of letters, digits, _ and single . or - between them, because it becomes an experiment's", name


def _key_faults(at: str, settings: Settings) -> Iterator[Fault]:
    for key in settings:
        if not all(key.split(".")) or "=" in key:
            yield at, "must set dotted keys of params.yaml, such as loss.gamma", key


def _value_faults(key: str, values: list[JsonValue]) -> Iterator[Fault]:
    labels = [label(value) for value in values]
    for value in values:
        if not isinstance(value, str | int | float) or not NAME.fullmatch(label(value).lstrip("-")):
            yield key, "must list numbers or short words, which name the runs; write others as named runs, {name: {key: value}}", value
    if len(set(labels)) != len(labels):
        yield key, "must list each value once", values
