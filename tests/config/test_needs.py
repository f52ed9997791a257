"""Combinations of a model's parts that cannot work are refused when params.yaml is read, with the key, the rule and the remedy."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mien.config import declared
from mien.config.params import document_faults, load_params
from mien.config.preset import apply_preset
from mien.config.sections.models import ModelParams
from mien.core import registry

ROOT = Path(__file__).parents[2]
METHODS: dict[str, dict[str, Any]] = {
    "scn": {"head": "importance"},
    "rul": {"head": "uncertainty"},
    "bbn": {"head": "linear", "branches": 2},
    "mean_teacher_selected": {"head": "dense"},
}


def faults(loss: str, /, *, beside: dict[str, Any] | None = None, **entry: Any) -> list[str]:
    document = YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    own = {"backbone": "resnet18", "weights": "none", "attention": "none", "recipe": "one_stage", **METHODS.get(loss, {})}
    document["models"]["tried"] = {"loss": loss, **own, **entry}
    for key, value in (beside or {}).items():
        section, _, name = key.partition(".")
        document[section][name] = value
    return document_faults(document)


@pytest.mark.parametrize("loss", METHODS)
def test_each_method_has_a_model(loss: str) -> None:
    assert faults(loss) == []


@pytest.mark.parametrize("loss", METHODS)
@pytest.mark.parametrize(
    ("entry", "key", "rule"),
    [
        ({"recipe": "two_stage"}, "recipe", "one_stage"),
        ({"train": {"sam_rho": 0.05}}, "train.sam_rho", "0"),
        ({"augment": {"mixup": 0.2}}, "augment.mixup", "0"),
        ({"augment": {"cutmix": 1.0}}, "augment.cutmix", "0"),
    ],
)
def test_what_no_method_can_do(loss: str, entry: dict[str, Any], key: str, rule: str) -> None:
    (fault,) = faults(loss, **entry)
    assert fault.startswith(f"models.tried.{key}: must be {rule} with the loss {loss} (got ")
    assert fault.endswith("change it, or choose another loss")


@pytest.mark.parametrize(
    ("loss", "entry", "start"),
    [
        ("scn", {"head": "linear"}, "models.tried.head: must be importance with the loss scn (got 'linear')"),
        ("rul", {"head": "linear"}, "models.tried.head: must be uncertainty with the loss rul (got 'linear')"),
        ("rul", {"train": {"start_px": 48}}, "models.tried.train.start_px: must be 0 with the head uncertainty (got 48)"),
        ("bbn", {"branches": 1}, "models.tried.branches: must be 2 with the loss bbn (got 1)"),
        ("bbn", {"head": "dense"}, "models.tried.head: must be linear with the loss bbn (got 'dense')"),
        ("bbn", {"attention": "se"}, "models.tried.attention: must be none with the loss bbn (got 'se')"),
        ("bbn", {"train": {"layer_decay": 0.7}}, "models.tried.train.layer_decay: must be 1 with branches 2 (got 0.7)"),
        ("mean_teacher_selected", {"train": {"ema": 0.99}}, "models.tried.train.ema: must be 0 with the loss mean_teacher_selected"),
        ("cross_entropy", {"head": "uncertainty"}, "models.tried.loss: must be rul with the head uncertainty (got 'cross_entropy')"),
        ("eac", {"head": "uncertainty"}, "models.tried.head: must be a head with class maps"),
    ],
)
def test_what_one_of_them_cannot_do(loss: str, entry: dict[str, Any], start: str) -> None:
    assert [fault for fault in faults(loss, **entry) if fault.startswith(start)]


def test_inherited_values_count() -> None:
    (fault,) = faults("scn", beside={"train.sam_rho": 0.05})
    assert fault.startswith("models.tried.train.sam_rho: must be 0 with the loss scn (got 0.05)")
    assert faults("scn", beside={"train.sam_rho": 0.05}, train={"sam_rho": 0.0}) == []


def test_what_stands_beside_the_models() -> None:
    (fault,) = faults("scn", beside={"runtime.devices": 2})
    assert fault.startswith("runtime.devices: must be 1 while models.tried has the loss scn")
    (fault,) = faults("bbn", beside={"runtime.num_nodes": 3})
    assert fault.startswith("runtime.num_nodes: must be 1 while models.tried has the loss bbn")
    (fault,) = faults("rul", beside={"labels.from_votes": "distribution"})
    assert fault.startswith("labels.from_votes: must be majority or none while models.tried has the loss rul")
    (fault,) = faults("rul", beside={"distillation.pair": {"student": "tried", "teacher": "resnet50"}})
    assert fault.startswith("distillation.pair.student: must be a model whose loss has one view or two")
    assert faults("rul", beside={"distillation.pair": {"student": "resnet50", "teacher": "tried"}}) == []
    (fault,) = faults("bbn", beside={"models.after": {**_plain(), "weights": "../models/tried"}})
    assert fault.startswith("models.after.weights: must be those of a model with branches 1")


@pytest.mark.parametrize("wrong", [None, 3, [], ["scn"]])
def test_what_has_the_wrong_type_is_left_to_the_schema(wrong: object) -> None:
    for key in ("loss", "head", "branches", "train", "augment", "recipe", "weights"):
        assert faults("scn", **{key: wrong}), "a line, and no error of our own"
    beside = {"runtime.devices": wrong, "labels.from_votes": wrong, "distillation.pair": {"student": wrong, "teacher": wrong}}
    assert faults("scn", beside=beside)


def test_two_branches_suit_any_loss_of_one_view_or_two() -> None:
    for loss in ("cross_entropy", "rebalanced", "scn"):
        head = METHODS.get(loss, {"head": "linear"})["head"]
        assert faults(loss, branches=2, head=head, attention="se") == []


@pytest.mark.parametrize(("package", "kind"), [("mien.losses", "loss"), ("mien.models.heads", "head")])
def test_needs_name_keys_and_values_that_exist(package: str, kind: str) -> None:
    for name in registry.names(package):
        for key, allowed in registry.constant(package, name, "NEEDS", default={}).items():
            assert isinstance(allowed, list) and allowed, f"{name}: {key}"
            section, _, field = key.rpartition(".")
            if section:
                assert section in ("train", "augment") and field
            else:
                assert field in ModelParams.model_fields
            for other, where in (("loss", "mien.losses"), ("head", "mien.models.heads"), ("attention", "mien.models.attention")):
                assert field != other or set(allowed) <= set(registry.names(where))
    assert kind in declared.PACKAGES


@pytest.mark.parametrize("table", ["fer2013_methods", "ferplus_methods"])
def test_the_tables_of_methods_have_one_recipe_and_the_heads_that_methods_need(table: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    apply_preset("fer2013", path=path)
    apply_preset(str(ROOT / f"experiments/{table}.yaml"), path=path)
    models = load_params(path).models
    assert {name: models[name].loss for name in METHODS} == {name: name for name in METHODS}
    assert {name: entry.head for name, entry in models.items() if entry.head != "linear"} == {"scn": "importance", "rul": "uncertainty"}
    assert {entry.dropout for name, entry in models.items() if name != "rul"} == {0.0} and models["rul"].dropout == 0.4
    assert len({(entry.backbone, entry.weights, entry.input_px, str(entry.train)) for entry in models.values()}) == 1


def _plain() -> dict[str, Any]:
    return {"backbone": "resnet18", "attention": "none", "loss": "cross_entropy", "head": "linear", "recipe": "one_stage"}
