"""The order in which models are trained: a teacher before its student, a model before those that start from its weights.

DVC would report a cycle as one of stages, before any stage could check params.yaml.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mien.config.faults import choice_fault, short
from mien.config.weights import ANOTHER

Later = dict[str, list[str]]
"""the models that wait for a model"""


def teaching_faults(distillation: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[str]:
    """A line for each fault of the pairs of a student and a teacher that the schema cannot find."""
    names, pairs = [str(model) for model in models], _pairs(distillation)
    later: Later = _starting(models)
    for student, teacher in pairs.values():
        later.setdefault(teacher, []).append(student)
    first_of: dict[tuple[str, str], str] = {}
    for name, (student, teacher) in pairs.items():
        at = f"distillation.{name}"
        faults = [
            *choice_fault(f"{at}.student", student, names, "a name under models"),
            *choice_fault(f"{at}.teacher", teacher, names, "a name under models"),
        ]
        yield from faults
        if faults:
            continue
        if student == teacher:
            yield f"{at}.teacher: must be another model than the student (got {teacher!r})"
        elif (first := first_of.setdefault((student, teacher), name)) != name:
            yield f"{at}: must differ from distillation.{first}; remove one of them (got {short(distillation[name])})"
        elif chain := _chain(later, student, teacher):
            yield (
                f"{at}.teacher: must be trained before its student {student}, but waits for it ({' → '.join(chain)}); choose another "
                f"teacher or other weights (got {teacher!r})"
            )


def weights_cycle_faults(models: Mapping[str, Any]) -> Iterator[str]:
    """A line for each model that starts from the weights of a model that itself waits for it."""
    later = _starting(models)
    for model, waiting in later.items():
        for name in waiting:
            if name != model and (chain := _chain(later, name, model)):
                yield (
                    f"models.{name}.weights: must be those of a model that is trained before {name}, but {model} waits for it "
                    f"({' → '.join(chain)}); choose other weights (got {models[name]['weights']!r})"
                )


def _pairs(distillation: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Student and teacher of each entry; the schema reports entries that lack one."""
    found = {}
    for name, entry in distillation.items():
        pair = (entry.get("student"), entry.get("teacher")) if isinstance(entry, dict) else (None, None)
        if isinstance(pair[0], str) and isinstance(pair[1], str):
            found[str(name)] = (pair[0], pair[1])
    return found


def _starting(models: Mapping[str, Any]) -> Later:
    """The models that start from the weights of each model."""
    found: Later = {}
    for name, entry in models.items():
        weights = entry.get("weights") if isinstance(entry, dict) else None
        if isinstance(weights, str) and weights.startswith(ANOTHER):
            found.setdefault(weights.removeprefix(ANOTHER), []).append(str(name))
    return found


def _chain(later: Later, first: str, last: str) -> list[str]:
    """The shortest list of models from `first` to `last` in which each waits for the one before; empty if there is none."""
    chains, seen = [[first]], {first}
    while chains:
        chain = chains.pop(0)
        if chain[-1] == last:
            return chain
        new = [name for name in dict.fromkeys(later.get(chain[-1], ())) if name not in seen]
        seen.update(new)
        chains += [[*chain, name] for name in new]
    return []
