"""What holds for every loss that trains the network itself."""

from pathlib import Path

import pytest
import torch

from mien.config import declared
from mien.core import registry
from mien.core.errors import TrainingError
from mien.losses._step import StepLoss
from mien.models.build import build_model
from mien.training.fit import fit
from mien.training.processes import Processes
from mien.training.steps import caution
from tests.losses.stepping import METHODS, TRAIN, batch_of, finished, loss_of, network
from tests.training.tiny import face_set, model_config

EACH = pytest.mark.parametrize("name", METHODS)
ROWS = [0, 1, 2, 3, 4, 5, 6, 9]


def test_the_methods_are_those_that_say_so() -> None:
    named = [name for name in registry.names("mien.losses") if registry.constant("mien.losses", name, "STEP", default=False)]
    assert named == sorted(METHODS)
    for name in named:
        assert issubclass(registry.load("mien.losses", name, "LOSS"), StepLoss)
        assert registry.constant("mien.losses", name, "SOFT_TARGETS") is registry.constant("mien.losses", name, "TWO_VIEWS") is False


@EACH
def test_a_step_has_a_finite_loss_and_a_gradient_for_every_parameter(name: str) -> None:
    loss, model = loss_of(name), network(name)
    loss.prepare(model, TRAIN.targets_N)
    found = loss.step(model, batch_of(ROWS, epoch=5))
    assert found.loss.ndim == 0 and found.loss.dtype == torch.float32 and found.loss.isfinite() and found.loss >= 0
    assert sum(each.weight for each in found.counted) == pytest.approx(1)
    assert {len(each.logits_NK) for each in found.counted} == {len(each.targets_N) for each in found.counted}
    found.loss.backward()
    assert not [key for key, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.isfinite().all()]


@EACH
def test_a_step_draws_from_the_given_generator_only(name: str) -> None:
    losses = []
    for seed in (0, 0, 1):
        loss, model = loss_of(name), network(name)
        loss.prepare(model, TRAIN.targets_N)
        before = torch.get_rng_state()
        losses.append(float(loss.step(model, batch_of(ROWS, epoch=3, seed=seed)).loss.detach()))
        assert torch.equal(torch.get_rng_state(), before)
    assert losses[0] == losses[1]
    assert (losses[2] != losses[0]) == (name == "rul"), "the others draw nothing beside the augmentation"


@EACH
def test_validation_is_cross_entropy(name: str) -> None:
    logits, targets = torch.randn(6, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 0, 1, 1])
    torch.testing.assert_close(loss_of(name)(logits, targets), torch.nn.functional.cross_entropy(logits, targets))


@EACH
def test_the_labels_of_the_data_set_stay(name: str) -> None:
    loss, model, before = loss_of(name), network(name), TRAIN.targets_N.clone()
    loss.prepare(model, TRAIN.targets_N)
    for epoch in (1, 50):
        loss.step(model, batch_of(ROWS, epoch=epoch, epochs=60))
        loss.after_step(model)
        loss.epoch_figures()
    loss.findings(model.eval(), finished())
    assert torch.equal(TRAIN.targets_N, before)


@EACH
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_two_trainings_are_one(name: str, precision: str, tmp_path: Path) -> None:
    found = []
    for run in "12":
        loss = {"name": name, **_parameters(name)}
        config = model_config(loss=loss, precision=precision, train={"epochs": 2}, augment={"flip": 0.5, "erase": 0.5}, **METHODS[name])
        torch.manual_seed(config.seed)
        model = build_model(config)
        fitted = fit(model, TRAIN, face_set(9, seed=1), config=config, pretrained=False, checkpoints=tmp_path / run)
        found.append((fitted, model.state_dict()))
    (first, weights), (second, others) = found
    assert first == second and all(torch.equal(weights[key], others[key]) for key in weights)


@EACH
def test_several_processes_are_refused(name: str, tmp_path: Path) -> None:
    config = model_config(loss={"name": name, **_parameters(name)}, **METHODS[name])
    many = Processes(rank=0, devices=2)
    with pytest.raises(TrainingError, match=rf"runtime\.devices: must be 1, as runtime\.num_nodes, to train tiny, because the loss {name}"):
        fit(build_model(config), TRAIN, TRAIN, config=config, pretrained=False, checkpoints=tmp_path, processes=many)


@pytest.mark.parametrize(
    ("epochs", "first", "relabel", "pretrained", "told"),
    [
        (60, 10, "low", False, ""),
        (60, 3, "low", True, ""),
        (60, 3, "none", False, ""),
        (60, 3, "all", False, "labels change from epoch 3 on"),
        (8, 10, "low", True, "no label can change before epoch 10, but the training has 8"),
    ],
)
def test_labels_that_change_too_early_or_never_are_warned_of(epochs: int, first: int, relabel: str, pretrained: bool, told: str) -> None:
    loss = {"name": "scn", **declared.values("loss", "scn", {"relabel_epoch": first, "relabel": relabel})}
    found = caution(model_config(loss=loss, head="importance", train={"epochs": epochs}), pretrained=pretrained)
    assert told in found and bool(told) == bool(found)
    assert not caution(model_config(), pretrained=False)


def _parameters(name: str) -> dict[str, object]:
    return declared.values("loss", name, {})
