"""Which parameters an optimiser is given, what its weight decay touches, and what one step of it is."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from mien.config.model import ModelConfig
from mien.config.sections.train import TrainParams
from mien.models.build import ExpressionModel, build_model
from mien.training.fit import fit
from mien.training.module import ExpressionTraining
from mien.training.optimizers import build_optimizer
from tests.training.tiny import face_set, model_config

STILL = {"rotation_deg": 0.0, "shift": 0.0, "zoom": 0.0, "flip": 0.0}


def settings(**values: object) -> TrainParams:
    return TrainParams.model_validate(values)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("adamax", torch.optim.Adamax), ("sgd", torch.optim.SGD)],
    ids=lambda value: str(value),
)
def test_the_optimisers_are_torchs(name: str, kind: type) -> None:
    optimizer = build_optimizer(build_model(model_config()), settings(optimizer=name, momentum=0.8), lr=0.02)
    assert type(optimizer) is kind and optimizer.defaults["lr"] == 0.02
    assert name != "sgd" or optimizer.defaults["momentum"] == 0.8


@pytest.mark.parametrize("backbone", ["test_efficientnet", "swin_tiny_patch4_window7_224"])
def test_weight_decay_spares_norms_biases_and_position_tables(backbone: str) -> None:
    model = build_model(model_config(backbone=backbone, input_px=32 if backbone == "test_efficientnet" else 64))
    named = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed = {
        named[id(parameter)]: parameter
        for group in build_optimizer(model, settings(weight_decay=0.1), lr=1e-3).param_groups
        for parameter in group["params"]
        if group["weight_decay"]
    }
    norms = (torch.nn.BatchNorm2d, torch.nn.LayerNorm)
    of_norms = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, norms)}
    assert of_norms and not of_norms & decayed.keys()
    assert not [name for name in decayed if name.endswith("bias") or "relative_position" in name]
    spared = {name for name in named.values() if name not in decayed}
    assert all(parameter.ndim > 1 for parameter in decayed.values())
    assert all(name in of_norms or name.endswith("bias") or "relative_position_bias_table" in name for name in spared), spared


def test_with_layer_decay_each_layer_has_its_rate_and_the_head_the_whole() -> None:
    model = build_model(model_config())
    optimizer = build_optimizer(model, settings(weight_decay=0.1, layer_decay=0.5), lr=0.02)
    rate = {id(parameter): group["lr"] for group in optimizer.param_groups for parameter in group["params"]}
    assert rate.keys() == {id(parameter) for parameter in model.parameters()}, "every parameter once"
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(rate)
    assert {rate[id(parameter)] for parameter in model.head.parameters()} == {0.02}
    stem, *_, last = (rate[id(parameter)] for name, parameter in model.backbone.named_parameters() if parameter.ndim > 1)
    depth = {round(math.log(0.02 / each, 2), 6) for each in rate.values()}
    assert stem < last <= 0.02 and depth == {float(number) for number in range(len(depth))}, "powers of one half, without a gap"
    for group in build_optimizer(model, settings(weight_decay=0.1), lr=0.02).param_groups:
        assert group["lr"] == 0.02
    decayed = {id(p) for group in optimizer.param_groups if group["weight_decay"] for p in group["params"]}
    plain = build_optimizer(model, settings(weight_decay=0.1), lr=0.02).param_groups
    assert decayed == {id(p) for group in plain if group["weight_decay"] for p in group["params"]}


def test_the_schedule_keeps_the_ratio_of_the_layers(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 2, "lr": 0.01, "schedule": "exponential", "decay": 0.5, "layer_decay": 0.5})
    fitted = fit(build_model(config), face_set(12), face_set(6, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    assert [row["lr"] for row in fitted.curves] == pytest.approx([0.01, 0.005])


def test_what_is_frozen_is_not_given_to_the_optimiser() -> None:
    model = build_model(model_config())
    model.backbone.requires_grad_(False)
    for decay in (0.0, 0.1):
        given = {id(p) for group in build_optimizer(model, settings(weight_decay=decay), lr=1e-3).param_groups for p in group["params"]}
        assert given == {id(parameter) for parameter in model.head.parameters()}


def one_epoch(folder: Path, *, precision: str = "fp32", **train: Any) -> ExpressionModel:
    """The model after an epoch of a frozen backbone, plain SGD, no dropout: nothing in it depends on how images fell into batches."""
    config: ModelConfig = model_config(
        recipe="two_stage",
        dropout=0.0,
        augment=STILL,
        precision=precision,
        train={"epochs": 1, "fine_tune_epochs": 0, "optimizer": "sgd", "momentum": 0.0, "lr": 0.1, **train},
    )
    torch.manual_seed(config.seed)
    model = build_model(config)
    fit(model, face_set(36), face_set(6, seed=1), config=config, pretrained=True, checkpoints=folder)
    return model


def head(model: ExpressionModel) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.head.parameters()])


def test_accumulated_small_batches_are_one_large_batch(tmp_path: Path) -> None:
    whole, parts, single = (
        head(one_epoch(tmp_path / name, batch_size=size, accumulate=accumulate))
        for name, size, accumulate in (("whole", 12, 1), ("parts", 4, 3), ("single", 4, 1))
    )
    torch.testing.assert_close(parts, whole, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(single, whole, atol=1e-4), "three steps are not one"


def test_clipping_bounds_the_step(tmp_path: Path) -> None:
    start = torch.manual_seed(model_config().seed) and head(build_model(model_config(dropout=0.0)))
    lr, norm = 0.1, 1e-3
    moved = head(one_epoch(tmp_path / "clipped", batch_size=36, clip_norm=norm)) - start
    free = head(one_epoch(tmp_path / "free", batch_size=36)) - start
    assert float(free.norm()) > 2 * lr * norm
    assert float(moved.norm()) == pytest.approx(lr * norm, rel=1e-3)
    torch.testing.assert_close(moved / moved.norm(), free / free.norm(), atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "adamax", "sgd"])
def test_every_optimiser_clips_under_bf16(optimizer: str, tmp_path: Path) -> None:
    free, loose, tight = (
        head(one_epoch(tmp_path / str(norm), optimizer=optimizer, lr=0.01, precision="bf16", clip_norm=norm)) for norm in (0.0, 1e6, 1e-9)
    )
    assert torch.equal(loose, free), "a bound that nothing reaches changes nothing"
    assert not torch.equal(tight, free)


@pytest.mark.parametrize("how", [{}, {"weight_decay": 0.1}, {"layer_decay": 0.5}])
def test_the_classifier_of_a_head_may_have_its_own_rate(how: dict[str, float]) -> None:
    config = model_config(head="uncertainty", loss={"name": "rul"}, head_params={"embedding": 8, "classifier_lr": 10.0})
    model = build_model(config)
    plain = build_optimizer(build_model(model_config()), settings(**how), lr=0.02)
    optimizer = build_optimizer(model, settings(**how), lr=0.02)
    rate = {id(parameter): group["lr"] for group in optimizer.param_groups for parameter in group["params"]}
    assert rate.keys() == {id(parameter) for parameter in model.parameters()}, "every parameter once"
    classifier = {id(parameter) for parameter in model.head.classifier.parameters()}
    assert [rate[each] for each in classifier] == pytest.approx([0.2, 0.2])
    assert max(value for each, value in rate.items() if each not in classifier) == pytest.approx(0.02)
    decays = [{bool(group["weight_decay"]) for group in each.param_groups} for each in (plain, optimizer)]
    assert decays[0] == decays[1]


@pytest.mark.parametrize("schedule", ["exponential", "cosine", "plateau", "none"])
def test_every_schedule_scales_the_classifier_from_its_own_rate(schedule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[float]] = []
    start = ExpressionTraining.training_step

    def noting(self: ExpressionTraining, batch: Any, step: int) -> torch.Tensor:
        if step == 0:
            groups = self.trainer.optimizers[0].param_groups
            seen.append([group["lr"] for group in groups if any(p is self.model.head.classifier.weight for p in group["params"])])
            seen[-1].append(next(group["lr"] for group in groups if group["lr_scale"] == 1))
        return start(self, batch, step)

    monkeypatch.setattr(ExpressionTraining, "training_step", noting)
    train = {"epochs": 4, "lr": 0.01, "schedule": schedule, "plateau_patience": 0, "plateau_factor": 0.5, "patience": 9}
    config = model_config(head="uncertainty", loss={"name": "rul"}, train=train)
    fitted = fit(build_model(config), face_set(24), face_set(9, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    assert [classifier / rest for classifier, rest in seen] == pytest.approx([10.0] * 4)
    assert [row["lr"] for row in fitted.curves] == pytest.approx([rest for _, rest in seen]), "the curves show the rate of the rest"
    assert schedule == "none" or len({rest for _, rest in seen}) > 1
