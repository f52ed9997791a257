"""The faults of what is made of trained models and tested beside them (ensembles, exports, temporal) that the schema cannot find."""

from collections.abc import Collection, Iterator
from typing import Any

from mien.config.faults import choice_fault, name_fault, short


def ensemble_faults(name: str, members: Any, models: list[str]) -> Iterator[str]:
    """A line for each fault of one ensemble."""
    at = f"ensembles.{name}"
    yield from name_fault(at, name)
    if name in models:
        yield f"{at}: must have another name than every model, because both are rows of the leaderboard (got {name!r})"
    named = [member for member in members if isinstance(member, str)] if isinstance(members, list) else None
    if named is not None and (len(members) < 2 or len(set(named)) < len(named)):
        yield f"{at}: must list two or more different models (got {short(members)})"
    for member in dict.fromkeys(named or ()):
        yield from choice_fault(at, member, models, "a list of names under models")


def export_faults(name: str, entry: Any, models: list[str], ensembles: Collection[str]) -> Iterator[str]:
    """A line for each fault of one export."""
    rule = "every model and ensemble, because all are rows of the leaderboard"
    yield from _faults_on_top(f"exports.{name}", name, entry, models, taken=[*models, *ensembles], rule=rule)


def temporal_faults(name: str, entry: Any, models: list[str], rows: Collection[str]) -> Iterator[str]:
    """A line for each fault of one temporal model; `rows` are the names of all models, ensembles and exports."""
    rule = "every model, ensemble and export, because its metrics have their own file"
    yield from _faults_on_top(f"temporal.{name}", name, entry, models, taken=rows, rule=rule)


def _faults_on_top(at: str, name: str, entry: Any, models: list[str], *, taken: Collection[str], rule: str) -> Iterator[str]:
    """Of an entry that names its model, and whose own name must not be `taken`."""
    yield from name_fault(at, name)
    if name in taken:
        yield f"{at}: must have another name than {rule} (got {name!r})"
    if isinstance(entry, dict) and models:
        yield from choice_fault(f"{at}.model", entry.get("model"), models, "a name under models")
