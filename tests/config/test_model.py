"""A model's resolved configuration: what it inherits, what it leaves out, and that nothing else changes it."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mien.config.configure import configure, explanation
from mien.config.model import ModelConfig, config_document, read_config
from mien.config.params import Params, load_params
from mien.core.errors import ParamsError, TableError
from mien.core.files import write_json

ROOT = Path(__file__).parents[2]


def params_with(folder: Path, **changes: Any) -> Params:
    """The repository's params.yaml with values at dotted keys (with __ for the dots) changed."""
    document = YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for key, value in changes.items():
        *sections, last = key.split("__")
        place = document
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(document, file)
    return load_params(folder / "params.yaml")


def documents(params: Params) -> dict[str, dict[str, Any]]:
    return {model: config_document(configure(params, model)) for model in params.models}


def changed(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> set[str]:
    return {model for model in before if before[model] != after[model]}


def test_every_configured_model_survives_the_file(tmp_path: Path) -> None:
    params = load_params(ROOT / "params.yaml")
    for model, document in documents(params).items():
        write_json(tmp_path / f"{model}.json", document)
        config = read_config(tmp_path / f"{model}.json")
        assert isinstance(config, ModelConfig) and config_document(config) == document
        assert config.name == model and config.classes == list(params.labels.kept)


def test_a_models_own_values_stand_over_the_defaults() -> None:
    config = configure(load_params(ROOT / "params.yaml"), "efficientnet_b0_se")
    assert (config.train.optimizer, config.train.lr, config.train.batch_size, config.train.sampler) == ("adamw", 4e-3, 16, "weighted")
    assert config.loss == {"name": "focal", "gamma": 2.0, "class_weights": "inverse", "val_loss": "published"}
    assert config.train.patience == load_params(ROOT / "params.yaml").train.patience


def test_gamma_changes_the_models_whose_loss_reads_it(tmp_path: Path) -> None:
    before = documents(params_with(tmp_path))
    focusing = {"efficientnet_b0_se", "mobilenet_rebalanced"}
    assert changed(before, documents(params_with(tmp_path, loss__gamma=3.0))) == focusing
    assert changed(before, documents(params_with(tmp_path, loss__label_smoothing=0.1))) == set(before) - focusing


def test_beta_changes_the_models_that_weigh_by_effective_numbers(tmp_path: Path) -> None:
    weights = {"models__mobilenetv2__loss_params": {"class_weights": "effective"}, "models__resnet50__loss": "class_balanced"}
    before = documents(params_with(tmp_path, **weights))
    users = {"mobilenet_rebalanced", "mobilenetv2", "resnet50"}
    assert changed(before, documents(params_with(tmp_path, **weights, loss__beta=0.99))) == users


def test_only_models_with_class_weights_read_whether_their_validation_has_them(tmp_path: Path) -> None:
    plain = {"models__mobilenetv2__loss_params": {"class_weights": "none"}, "models__resnet50__loss": "logit_adjusted"}
    before = documents(params_with(tmp_path, **plain))
    assert not any("val_loss" in before[model]["loss"] for model in ("mobilenetv2", "resnet50"))
    assert changed(before, documents(params_with(tmp_path, **plain, loss__val_loss="weighted"))) == set(before) - {
        "mobilenetv2",
        "resnet50",
    }


@pytest.mark.parametrize(
    ("key", "value", "switch", "on", "off"),
    [
        ("train__momentum", 0.5, "train__optimizer", "sgd", "adam"),
        ("train__decay", 0.5, "train__schedule", "exponential", "none"),
        ("train__warmup_epochs", 2, "train__schedule", "cosine", "none"),
        ("augment__rand_augment_ops", 3, "augment__rand_augment", 5, 0),
        ("augment__erase_max_area", 0.2, "augment__erase", 0.5, 0.0),
    ],
)
def test_what_is_switched_off_changes_no_model(tmp_path: Path, key: str, value: float, switch: str, on: Any, off: Any) -> None:
    section, name = switch.split("__")
    params = params_with(tmp_path, **{switch: off})
    inheriting = {model for model in params.models if name not in getattr(params.models[model], section)}
    assert not changed(documents(params), documents(params_with(tmp_path, **{switch: off, key: value}))) & inheriting
    switched = documents(params_with(tmp_path, **{switch: on}))
    assert changed(switched, documents(params_with(tmp_path, **{switch: on, key: value}))) >= inheriting > set()


def test_one_models_entry_changes_that_model(tmp_path: Path) -> None:
    before = documents(params_with(tmp_path))
    assert changed(before, documents(params_with(tmp_path, models__mobilenetv2__dropout=0.1))) == {"mobilenetv2"}
    inheriting = {model for model, entry in params_with(tmp_path).models.items() if "lr" not in entry.train}
    assert changed(before, documents(params_with(tmp_path, train__lr=5e-3))) == inheriting > set()


def test_second_stage_values_change_only_models_with_a_second_stage(tmp_path: Path) -> None:
    weights = {"models__mobilenetv2__weights": "imagenet", "models__efficientnet_b0_se__weights": "imagenet"}
    before = documents(params_with(tmp_path, **weights))
    for key in ("fine_tune_lr", "fine_tune_epochs", "fine_tune_layers"):
        assert changed(before, documents(params_with(tmp_path, **weights, **{f"train__{key}": 5}))) == {"mobilenetv2"}, key


PAIRS = {"distillation": {"big_to_small": {"student": "mobilenetv2", "teacher": "resnet50"}}}


def test_only_students_read_how_they_are_taught(tmp_path: Path) -> None:
    alone, taught = documents(params_with(tmp_path)), documents(params_with(tmp_path, **PAIRS))
    assert changed(alone, taught) == {"mobilenetv2"}
    assert not any("teachers" in document or "distill" in str(document) for document in alone.values())
    for key, value in (("distill_weight", 0.3), ("distill_temperature", 4.0)):
        assert not changed(alone, documents(params_with(tmp_path, **{f"train__{key}": value})))
        assert changed(taught, documents(params_with(tmp_path, **PAIRS, **{f"train__{key}": value}))) == {"mobilenetv2"}
    unread = [
        documents(params_with(tmp_path, **PAIRS, train__distill_weight=0.0, train__distill_temperature=value)) for value in (2.0, 4.0)
    ]
    assert not changed(*unread), "no share of the loss, so no temperature"


@pytest.mark.parametrize(
    "change", [{"runtime__workers": 3}, {"runtime__executor": "ray"}, {"validate__share_tolerance": 0.2}, {"split__val": 0.15}]
)
def test_what_models_do_not_read_changes_none(tmp_path: Path, change: dict[str, Any]) -> None:
    assert not changed(documents(params_with(tmp_path)), documents(params_with(tmp_path, **change)))


def test_seeds_of_its_own_stand_for_the_one_seed(tmp_path: Path) -> None:
    before = documents(params_with(tmp_path))
    assert not any("other_seeds" in document for document in before.values())
    same = documents(params_with(tmp_path, models__mobilenetv2__seeds=[before["mobilenetv2"]["seed"]]))
    assert not changed(before, same)
    more = documents(params_with(tmp_path, models__mobilenetv2__seeds=[42, 1]))
    assert changed(before, more) == {"mobilenetv2"}
    assert (more["mobilenetv2"]["seed"], more["mobilenetv2"]["other_seeds"]) == (42, [1])
    longer = documents(params_with(tmp_path, models__mobilenetv2__seeds=[42, 1, 2]))
    assert changed(more, longer) == {"mobilenetv2"}
    assert "mobilenetv2" not in changed(more, documents(params_with(tmp_path, models__mobilenetv2__seeds=[42, 1], seed=3)))


def test_each_seed_has_the_configuration_that_it_has_alone(tmp_path: Path) -> None:
    config = configure(params_with(tmp_path, models__mobilenetv2__seeds=[5, 1]), "mobilenetv2")
    alone = [configure(params_with(tmp_path, seed=seed), "mobilenetv2") for seed in config.seeds]
    assert [config.of_seed(seed) for seed in config.seeds] == alone and [each.seed for each in alone] == [5, 1]


def test_dropped_classes_are_no_outputs(tmp_path: Path) -> None:
    config = configure(params_with(tmp_path, labels__drop=["fear"]), "resnet50")
    assert config.classes == ["angry", "happy", "sad", "surprise"]


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(ParamsError, match="models has no 'resnet'; choose one of: resnet50, "):
        configure(load_params(ROOT / "params.yaml"), "resnet")


@pytest.mark.parametrize("text", [None, "{", "{}", '{"name": 3}'])
def test_a_missing_or_broken_file(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "m.json").write_text(text)
    with pytest.raises(TableError, match=r"m\.json is missing or not a model configuration; run `dvc repro configure`"):
        read_config(tmp_path / "m.json")


def test_training_reads_the_epochs_to_keep_and_nothing_else_of_how_it_is_explained(tmp_path: Path) -> None:
    before = documents(params_with(tmp_path))
    assert not any("keep_epochs" in document for document in before.values())
    own = "models__mobilenetv2__explain"
    unread = {"maps": 7, "faithfulness": 3, "gallery": 2, "epoch_images": 5, "epochs": ["best"]}
    for key, value in unread.items():
        assert not changed(before, documents(params_with(tmp_path, **{f"explain__{key}": value}))), key
        assert not changed(before, documents(params_with(tmp_path, **{own: {key: value}}))), key
    kept = documents(params_with(tmp_path, **{own: {"epochs": [5, 1, "best"]}}))
    assert changed(before, kept) == {"mobilenetv2"} and kept["mobilenetv2"]["keep_epochs"] == [1, 5]
    assert kept == documents(params_with(tmp_path, **{own: {"epochs": ["best", 1, 5]}})), "in any order"
    assert changed(before, documents(params_with(tmp_path, explain__epochs=[1], **{own: {"epochs": []}}))) == set(before) - {"mobilenetv2"}


def test_a_models_own_values_of_explain_stand_over_the_section(tmp_path: Path) -> None:
    params = params_with(tmp_path, explain__gallery=3, models__mobilenetv2__explain={"maps": 7})
    assert explanation(params, "mobilenetv2") == params.explain.model_copy(update={"maps": 7})
    assert explanation(params, "resnet50") == params.explain and params.explain.gallery == 3


def test_only_the_first_seed_keeps_the_weights_of_epochs(tmp_path: Path) -> None:
    config = configure(
        params_with(tmp_path, models__mobilenetv2__explain={"epochs": [2]}, models__mobilenetv2__seeds=[5, 1]), "mobilenetv2"
    )
    assert [config.of_seed(seed).keep_epochs for seed in config.seeds] == [[2], []]
