"""The faults of entries under `models` in params.yaml that the schema cannot find: they need the registries, or other sections."""

from collections.abc import Iterator
from typing import Any

from mien.config import backbones, declared
from mien.config.faults import choice_fault, name_fault, schema_faults
from mien.config.needs import need_faults
from mien.config.renamed import renamed_head_fault
from mien.config.sections.augment import AugmentParams
from mien.config.sections.base import Section
from mien.config.sections.explain import ExplainParams
from mien.config.sections.models import ModelParams
from mien.config.sections.train import TrainParams
from mien.config.weights import NONE
from mien.core import registry


def model_faults(name: str, entry: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """A line for each fault of one model."""
    at = f"models.{name}"
    yield from name_fault(at, name)
    yield from choice_fault(f"{at}.backbone", entry.get("backbone"), sorted(backbones.names()), "a timm architecture or cnn")
    yield from choice_fault(f"{at}.attention", entry.get("attention"), registry.names("mien.models.attention"), "an attention block")
    yield from _weights_faults(name, entry.get("weights"), document)
    yield from _growth_faults(name, entry, document)
    yield from _epoch_faults(name, entry, document)
    heads, losses = registry.names("mien.models.heads"), registry.names("mien.losses")
    renamed = list(renamed_head_fault(f"{at}.head", entry.get("head")))
    yield from renamed or choice_fault(f"{at}.head", entry.get("head"), heads, "a head")
    yield from choice_fault(f"{at}.loss", entry.get("loss"), losses, "a loss")
    for key, section in _own_sections().items():
        if isinstance(entry.get(key), dict):
            # Checked together with the defaults, because some rules concern two values; invalid defaults are reported separately.
            defaults = document.get(key.removesuffix("_params"), {})
            sound = isinstance(defaults, dict) and not list(schema_faults(section, defaults, ()))
            yield from schema_faults(section, {**(defaults if sound else {}), **entry[key]}, ("models", name, key))
    for kind, names in (("loss", losses), ("head", heads)):
        if entry.get(kind) in names:
            yield from _unread(f"{at}.{kind}_params", entry.get(f"{kind}_params"), kind, entry[kind])
    if entry.get("loss") in losses and entry.get("head") in heads and registry.constant("mien.losses", entry["loss"], "TWO_VIEWS"):
        able = [head for head in heads if registry.constant("mien.models.heads", head, "CLASS_MAPS")]
        yield from choice_fault(f"{at}.head", entry["head"], able, f"a head with class maps, as the loss {entry['loss']} needs")
    yield from need_faults(name, entry, document)


def _growth_faults(name: str, entry: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """The input may grow to the model's size only."""
    given = _train_values(entry, document)
    start_px, input_px = given.get("start_px", 0), entry.get("input_px", ModelParams.model_fields["input_px"].default)
    if isinstance(start_px, int) and isinstance(input_px, int) and start_px > input_px:
        yield f"models.{name}.train.start_px: must be at most models.{name}.input_px, {input_px} (got {start_px})"


def _epoch_faults(name: str, entry: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Maps can be drawn only after epochs that a model may train for."""
    own, shared = entry.get("explain"), document.get("explain")
    is_own = isinstance(own, dict) and "epochs" in own
    section = own if is_own else shared
    asked = section.get("epochs") if isinstance(section, dict) else None
    has_second_stage = entry.get("recipe", ModelParams.model_fields["recipe"].default) == "two_stage" and entry.get("weights") != NONE
    stages = ("epochs", "fine_tune_epochs") if has_second_stage else ("epochs",)
    parts = [_train_values(entry, document).get(key, TrainParams.model_fields[key].default) for key in stages]
    numbers = [epoch for epoch in asked if isinstance(epoch, int)] if isinstance(asked, list) else []
    if not numbers or not all(isinstance(part, int) for part in parts) or max(numbers) <= sum(parts):
        return
    most = f"must be at most {sum(parts)}, the largest number of epochs of {name}"
    if is_own:
        yield f"models.{name}.explain.epochs: {most} (got {max(numbers)})"
    else:
        yield f"explain.epochs: {most}; give that model its own models.{name}.explain.epochs (got {max(numbers)})"


def _train_values(entry: dict[str, Any], document: dict[str, Any]) -> dict[Any, Any]:
    """The parameters under `train` of a model that the file gives, by its own entry or for all models; whatever is no map is left out."""
    both = (document.get("train"), entry.get("train"))
    return {key: value for given in both if isinstance(given, dict) for key, value in given.items()}


def _weights_faults(name: str, weights: Any, document: dict[str, Any]) -> Iterator[str]:
    """Weights of another model must be those of a model of params.yaml, written as DVC needs it to train that model first."""
    others = [str(other) for other in document["models"] if str(other) != name]
    at, parts = f"models.{name}.weights", weights.split("/") if isinstance(weights, str) else []
    if parts[:1] == ["models"] and len(parts) > 1:
        yield f"{at}: must be written ../{weights} for another model, because paths are relative to the folder weights (got {weights!r})"
    elif parts[:2] == ["..", "models"]:
        yield from choice_fault(at, parts[2] if len(parts) == 3 else weights, others, "../models/NAME with another model of params.yaml")


def _own_sections() -> dict[str, type[Section]]:
    """The keys of a model's entry that override a section, with the schema of that section."""
    declared_ones = {f"{section}_params": declared.section_of(section) for section in declared.PACKAGES}
    return {**declared_ones, "train": TrainParams, "augment": AugmentParams, "explain": ExplainParams}


def _unread(at: str, own: Any, kind: str, name: str) -> Iterator[str]:
    """A line for each parameter that an entry sets but its loss or head does not read."""
    read = declared.parameters(kind, name)
    for key in own if isinstance(own, dict) else ():
        if key in declared.section_of(kind).model_fields and key not in read:
            what = (
                f"must be a parameter of the {kind} {name}: {', '.join(read)}"
                if read
                else f"must be removed, because the {kind} {name} has no parameters"
            )
            yield f"{at}.{key}: {what} (got {own[key]!r})"
