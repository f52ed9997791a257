"""What losses and heads need of the model that uses them: the literal NEEDS of their files, and what goes without saying for some kinds.

NEEDS maps keys of a model's entry (`head`, `branches`, `train.start_px`) to the values that they may have.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mien.config import declared
from mien.config.faults import short
from mien.config.sections.augment import AugmentParams
from mien.config.sections.base import Section
from mien.config.sections.models import ModelParams
from mien.config.sections.train import TrainParams
from mien.config.weights import ANOTHER
from mien.core import registry

Needs = Mapping[str, list[Any]]

_HARD_TARGETS: Needs = {"augment.mixup": [0], "augment.cutmix": [0]}
_STEP: Needs = {"recipe": ["one_stage"], "train.sam_rho": [0]}
_BRANCHES: Needs = {"train.layer_decay": [1]}
_SECTIONS: dict[str, type[Section]] = {"train": TrainParams, "augment": AugmentParams}


def need_faults(name: str, entry: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """A line for each value of a model's entry that its loss, its head or its backbone cannot be used with."""
    for user, needs in _needs(entry):
        for key, allowed in needs.items():
            if (value := _value(key, entry, document)) not in allowed:
                *first, last = map(str, allowed)
                choices = f"one of {', '.join(first)}, {last}" if first else last
                yield f"models.{name}.{key}: must be {choices} with {user} (got {short(value)}); change it, or {_other(user)}"


def step_faults(document: Mapping[str, Any]) -> Iterator[str]:
    """A line for each part of params.yaml, beside the models, that the losses that train the network themselves cannot be used with."""
    models, runtime, distillation = (_map(document.get(key)) for key in ("models", "runtime", "distillation"))
    found = {str(name): entry["loss"] for name, entry in models.items() if isinstance(entry, dict) and _is_step(entry.get("loss"))}
    for name, loss in found.items():
        for key in ("devices", "num_nodes"):
            if isinstance(number := runtime.get(key, 1), int) and number > 1:
                yield (
                    f"runtime.{key}: must be 1 while models.{name} has the loss {loss}, which needs whole batches in one process "
                    f"(got {number})"
                )
        if _map(document.get("labels")).get("from_votes") == "distribution":
            yield (
                f"labels.from_votes: must be majority or none while models.{name} has the loss {loss}, which takes no soft targets "
                "(got 'distribution')"
            )
    for pair, given in distillation.items():
        student = given.get("student") if isinstance(given, dict) else None
        if isinstance(student, str) and student in found:
            yield (
                f"distillation.{pair}.student: must be a model whose loss has one view or two, because {found[student]} computes its own "
                f"step (got {student!r}); choose another student, or another loss for models.{student}"
            )
    for name, entry in models.items():
        weights = entry.get("weights") if isinstance(entry, dict) else None
        other = models.get(weights.removeprefix(ANOTHER)) if isinstance(weights, str) and weights.startswith(ANOTHER) else None
        if isinstance(other, dict) and other.get("branches", 1) != 1:
            yield (
                f"models.{name}.weights: must be those of a model with branches 1, because a last block that stands twice fits no other "
                f"backbone (got {weights!r})"
            )


def _needs(entry: Mapping[str, Any]) -> Iterator[tuple[str, Needs]]:
    for kind, package in declared.PACKAGES.items():
        if entry.get(kind) in registry.names(package):
            yield f"the {kind} {entry[kind]}", registry.constant(package, entry[kind], "NEEDS", default={})
    loss = entry.get("loss")
    if loss in registry.names("mien.losses"):
        if not registry.constant("mien.losses", loss, "SOFT_TARGETS"):
            yield f"the loss {loss}", _HARD_TARGETS
        if _is_step(loss):
            yield f"the loss {loss}", _STEP
    if entry.get("branches") == 2:
        yield "branches 2", _BRANCHES


def _is_step(loss: Any) -> bool:
    return loss in registry.names("mien.losses") and bool(registry.constant("mien.losses", loss, "STEP", default=False))


def _value(key: str, entry: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """The value of a key of a model's entry, or the one that it inherits; what is invalid is reported elsewhere."""
    section, _, field = key.rpartition(".")
    if not section:
        return entry.get(key, ModelParams.model_fields[key].default)
    default = _SECTIONS[section].model_fields[field].default
    return {**_map(document.get(section)), **_map(entry.get(section))}.get(field, default)


def _other(user: str) -> str:
    return "set branches to 1" if user == "branches 2" else f"choose another {user.split()[1]}"


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
