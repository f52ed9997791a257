"""What each recipe trains and leaves alone, and that training trains."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mien.config.model import ModelConfig, config_document
from mien.core.errors import TrainingError
from mien.models.build import ExpressionModel, build_model
from mien.models.layers import last_layers
from mien.models.store import load_model
from mien.training import fit as fitting
from mien.training.callbacks import Row
from mien.training.fit import LAST_GOOD, Fitted, fit
from mien.training.recipes import plan
from tests.training.tiny import face_set, model_config

STILL = {"rotation_deg": 0.0, "shift": 0.0, "zoom": 0.0, "flip": 0.0}
TRAIN, VAL = face_set(36, seed=0), face_set(18, seed=1)


def trained(config: ModelConfig, folder: Path, **options: Any) -> tuple[ExpressionModel, Fitted]:
    torch.manual_seed(config.seed)
    model = build_model(config)
    return model, fit(model, TRAIN, VAL, config=config, checkpoints=folder, **{"pretrained": False, **options})


def state(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def changed(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_training_learns_an_easy_task(tmp_path: Path) -> None:
    _, fitted = trained(model_config(train={"epochs": 15, "patience": 15, "batch_size": 6}, augment=STILL), tmp_path)
    assert fitted.curves[-1]["train_loss"] < fitted.curves[0]["train_loss"] / 2
    assert fitted.best["val_macro_f1"] > 0.8


def test_the_model_holds_the_best_weights_and_not_the_last(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 6, "patience": 6, "lr": 1e-2})
    model, fitted = trained(config, tmp_path)
    assert fitted.best["val_loss"] == min(row["val_loss"] for row in fitted.curves)
    with torch.no_grad():
        logits_NK = model.eval()(VAL.images_N3SS / 255)
    loss = torch.nn.functional.cross_entropy(logits_NK, VAL.targets_N)  # balanced classes: all weights are 1
    assert float(loss) == pytest.approx(fitted.best["val_loss"], abs=1e-5)


def test_two_stages_train_head_then_last_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = model_config(recipe="two_stage", train={"epochs": 2, "fine_tune_epochs": 2, "fine_tune_layers": 6, "patience": 5})
    seen: list[dict[str, torch.Tensor]] = []
    run = fitting._run

    def watched(module: Any, *arguments: Any, **options: Any) -> None:
        seen.append(state(module.model))
        run(module, *arguments, **options)
        seen.append(state(module.model))

    monkeypatch.setattr(fitting, "_run", watched)
    model, fitted = trained(config, tmp_path, pretrained=True)
    assert (fitted.recipe, fitted.reason, [stage.name for stage in fitted.stages]) == ("two_stage", None, ["head", "fine_tune"])
    start, after_head, before_tuning, after_tuning = seen
    assert changed(start, after_head) == {name for name in start if name.startswith("head.")}
    names = {module: name for name, module in model.named_modules()}
    last = {names[layer] for layer in last_layers(model, 6, input_px=config.input_px)}
    tuned = changed(before_tuning, after_tuning)
    assert {name for name in tuned if name.startswith("head.")}
    assert {name.rpartition(".")[0] for name in tuned if name.startswith("backbone.")} <= last
    assert any(name.startswith("backbone.") for name in tuned)
    assert not {name for name in tuned if "running_" in name or "num_batches" in name}, "batch norm statistics must stay"
    # Stage 2 starts from the best of stage 1, not from its last epoch.
    best = min(fitted.curves[:2], key=lambda row: row["val_loss"])
    assert fitted.stages[0].best_epoch == best["epoch"]
    assert [row["stage"] for row in fitted.curves] == [1, 1, 2, 2] and [row["epoch"] for row in fitted.curves] == [1, 2, 3, 4]
    assert [row["lr"] for row in fitted.curves] == [config.train.lr] * 2 + [config.train.fine_tune_lr] * 2


def test_two_stages_without_pretrained_weights_are_one_and_say_so(tmp_path: Path) -> None:
    config = model_config(recipe="two_stage", train={"epochs": 1})
    torch.manual_seed(config.seed)
    start = state(build_model(config))
    model, fitted = trained(config, tmp_path)
    assert (fitted.recipe, fitted.reason) == ("one_stage", "no pretrained weights")
    learnt = changed(start, state(model))
    assert {name for name, _ in model.named_parameters()} <= learnt
    assert {name for name in start if "running_" in name} <= learnt, "batch norm learns its statistics"


def test_fine_tune_epochs_0_leaves_the_second_stage_out() -> None:
    config = model_config(recipe="two_stage", train={"fine_tune_epochs": 0})
    assert [stage.name for stage in plan(config, pretrained=True)[2]] == ["head"]


def test_early_stopping_and_plateau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mien.training import module

    monkeypatch.setattr(module.metrics, "macro_f1", lambda _: 0.5)  # type: ignore[attr-defined]  # never improves after the first epoch
    config = model_config(train={"epochs": 9, "patience": 4, "plateau_patience": 1, "plateau_factor": 0.5, "monitor": "val_macro_f1"})
    _, fitted = trained(config, tmp_path)
    assert len(fitted.curves) == 1 + 4 and fitted.stages[0].best_epoch == 1
    assert [row["lr"] / config.train.lr for row in fitted.curves] == [1, 1, 1, 0.5, 0.5]


def test_a_class_without_training_images_is_refused(tmp_path: Path) -> None:
    config = model_config(classes=["angry", "happy", "sad", "surprise"])
    with pytest.raises(TrainingError, match="no image of surprise"):
        fit(build_model(config), TRAIN, VAL, config=config, pretrained=False, checkpoints=tmp_path)


def test_an_empty_validation_split_is_refused(tmp_path: Path) -> None:
    config = model_config()
    with pytest.raises(TrainingError, match="validation split is empty"):
        fit(build_model(config), TRAIN, face_set(0), config=config, pretrained=False, checkpoints=tmp_path)


def test_a_diverging_run_stops_at_once_and_names_the_knob(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"tiny: the loss is (nan|inf) at epoch \d+, .*; lower models\.tiny\.train\.lr \(now 1e\+30\)"):
        trained(model_config(train={"lr": 1e30}), tmp_path)
    assert not (tmp_path / LAST_GOOD).exists(), "no epoch was finished"


def test_a_diverging_second_stage_is_named_with_its_own_knob_and_leaves_the_first_ones_weights(tmp_path: Path) -> None:
    config = model_config(recipe="two_stage", train={"epochs": 2, "fine_tune_epochs": 2, "fine_tune_lr": 1e30})
    with pytest.raises(TrainingError, match=r"at epoch 1 of stage 2, .*; lower models\.tiny\.train\.fine_tune_lr .*last_good"):
        fit(build_model(config), TRAIN, VAL, config=config, checkpoints=tmp_path, pretrained=True)
    load_model(tmp_path / LAST_GOOD)


def test_a_diverging_run_leaves_the_last_good_weights(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 6, "lr": 1e-3})
    losses: list[float] = []
    states: list[dict[str, torch.Tensor]] = []

    def on_epoch(row: Row) -> None:
        losses.append(row["val_loss"])
        states.append(state(model))
        if row["epoch"] == 3:
            with torch.no_grad():
                model.head.classifier.bias.fill_(float("inf"))

    torch.manual_seed(config.seed)
    model: Any = build_model(config)
    with pytest.raises(TrainingError, match=r"loss is nan at epoch 4, step 1; .*; the best weights before that are in .*last_good"):
        fit(model, TRAIN, VAL, config=config, checkpoints=tmp_path, pretrained=False, on_epoch=on_epoch)
    rescued, rescued_config = load_model(tmp_path / LAST_GOOD)
    assert config_document(rescued_config) == config_document(config) and len(losses) == 3
    assert not changed(states[losses.index(min(losses))], state(rescued))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_two_runs_are_the_same_run(tmp_path: Path, precision: str) -> None:
    config = model_config(train={"epochs": 2}, precision=precision)
    (first, one), (second, two) = trained(config, tmp_path / "a"), trained(config, tmp_path / "b")
    assert one == two and not changed(state(first), state(second))


def test_a_last_batch_of_one_image_does_no_harm(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 1, "batch_size": 35})
    _, fitted = trained(config, tmp_path)
    assert len(fitted.curves) == 1
