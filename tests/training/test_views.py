"""Trainings on two views of each picture, and on mixed pictures."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mien.augmentation import augment
from mien.config import declared
from mien.config.model import ModelConfig
from mien.core import registry
from mien.core.errors import TrainingError
from mien.losses import build_loss
from mien.models.build import ExpressionModel, build_model
from mien.training.fit import Fitted, fit
from mien.training.module import ExpressionTraining
from tests.training.tiny import face_set, model_config

TRAIN, VAL = face_set(24), face_set(9, seed=1)
LOSSES = [name for name in registry.names("mien.losses") if registry.constant("mien.losses", name, "SOFT_TARGETS")]
PAIRS = [name for name in LOSSES if registry.constant("mien.losses", name, "TWO_VIEWS")]


def loss_settings(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, **declared.values("loss", name, changes)}


def config_of(loss: str, *, changes: dict[str, Any] | None = None, **entry: Any) -> ModelConfig:
    return model_config(loss=loss_settings(loss, **(changes or {})), **{"head": "linear", "dropout": 0.0, **entry})


def trained(config: ModelConfig, folder: Path) -> tuple[ExpressionModel, Fitted]:
    torch.manual_seed(config.seed)
    model = build_model(config)
    return model, fit(model, TRAIN, VAL, config=config, pretrained=False, checkpoints=folder)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_on_mixed_pictures_and_its_gradient_reaches_the_first_layer(loss: str, tmp_path: Path) -> None:
    config = config_of(loss, train={"epochs": 1}, augment={"mixup": 0.4, "cutmix": 1.0})
    torch.manual_seed(config.seed)
    before = [parameter.detach().clone() for parameter in build_model(config).parameters()]
    model, fitted = trained(config, tmp_path)
    assert len(fitted.curves) == 1
    moved = [not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True)]
    assert all(moved), [name for (name, _), change in zip(model.named_parameters(), moved, strict=True) if not change]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("loss", PAIRS)
def test_two_trainings_on_two_views_are_the_same_training(loss: str, precision: str, tmp_path: Path) -> None:
    config = config_of(loss, train={"epochs": 2}, precision=precision, changes={"consistency_transform": "erase"})
    (first, one), (second, two) = trained(config, tmp_path / "a"), trained(config, tmp_path / "b")
    assert one == two
    for left, right in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("loss", PAIRS)
def test_views_together_or_one_by_one_differ_by_batch_statistics_only(loss: str) -> None:
    images, targets = TRAIN.images_N3SS[:8] / 255, TRAIN.targets_N[:8]

    def loss_of(*, joint_views: bool, frozen: bool) -> float:
        config = config_of(loss, changes={"joint_views": joint_views, "consistency_transform": "intensity"})
        torch.manual_seed(config.seed)
        model = build_model(config)
        model.norms_frozen = frozen
        module = ExpressionTraining(model.train(), build_loss(config.loss, class_counts=[8, 8, 8]), config, stage=1, lr=1e-3)
        second = module.loss.second_view(images, generator=torch.Generator().manual_seed(0))  # type: ignore[operator]
        return module._loss_of_pair(images, second, targets)[0].item()

    assert loss_of(joint_views=True, frozen=True) == pytest.approx(loss_of(joint_views=False, frozen=True), rel=1e-5)
    assert loss_of(joint_views=True, frozen=False) != pytest.approx(loss_of(joint_views=False, frozen=False), rel=1e-5)


def test_pictures_are_changed_alike_in_every_precision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Autocast, left on, would move pixels by up to half a pixel."""
    seen: dict[str, torch.Tensor] = {}
    for precision in ("fp32", "bf16"):

        def noting(images: torch.Tensor, *arguments: Any, precision: str = precision, **options: Any) -> torch.Tensor:
            seen.setdefault(precision, changed := augment(images, *arguments, **options))
            return changed

        monkeypatch.setattr("mien.training.module.augment", noting)
        strong = {"rotation_deg": 30.0, "zoom": 0.2, "crop": 0.2, "rand_augment": 9, "hue_deg": 90.0, "erase": 0.5}
        trained(config_of("focal", precision=precision, train={"epochs": 1}, augment=strong), tmp_path / precision)
    assert seen["bf16"].dtype is torch.float32
    assert torch.equal(seen["fp32"], seen["bf16"])


def test_the_heads_terms_are_part_of_the_training_loss(tmp_path: Path) -> None:
    none = {"hidden": 256, "batch_norm": True, "l1_weights": 0.0, "l2_weights": 0.0, "l1_bias": 0.0, "l1_activations": 0.0}
    figures = []
    for parameters in (none, none | {"l2_weights": 0.016}):
        config = model_config(head="max_pool_dense", head_params=parameters, train={"epochs": 1, "batch_size": 24, "lr": 1e-9})
        model, fitted = trained(config, tmp_path / str(len(figures)))
        squares = float(sum((p**2).sum() for n, p in model.head.named_parameters() if n.startswith("hidden") and n.endswith("weight")))
        figures.append((fitted.curves[0]["train_loss"], fitted.curves[0]["val_loss"]))
    assert figures[1][0] - figures[0][0] == pytest.approx(0.016 * squares, rel=1e-3)
    assert figures[1][1] == pytest.approx(figures[0][1], rel=1e-6), "validation is judged without them"


def test_a_loss_that_takes_no_soft_targets_says_so_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constant = registry.constant
    monkeypatch.setattr(
        registry,
        "constant",
        lambda package, name, variable, **default: False if variable == "SOFT_TARGETS" else constant(package, name, variable, **default),
    )
    with pytest.raises(TrainingError, match=r"tiny: the loss focal takes no soft targets; set augment\.mixup"):
        trained(config_of("focal", augment={"mixup": 0.2}), tmp_path)
