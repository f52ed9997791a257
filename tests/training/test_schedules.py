"""The learning rate and the input size by epochs; the rate against torch's own schedulers, and that the optimiser is given it."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, SequentialLR

from mien.config.sections.train import TrainParams
from mien.models import inputs
from mien.models.build import build_model
from mien.training import module
from mien.training.fit import fit
from mien.training.schedules import input_side, rate
from tests.training.tiny import face_set, model_config


def rates(epochs: int, **settings: object) -> list[float]:
    train = TrainParams.model_validate({"warmup_epochs": 0, **settings})
    return [rate(train, 0.01, epoch=epoch, epochs=epochs) for epoch in range(epochs)]


def torchs(scheduler: torch.optim.lr_scheduler.LRScheduler, epochs: int) -> list[float]:
    found = []
    for _ in range(epochs):
        found.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return found


def sgd() -> torch.optim.SGD:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.01)


def test_exponential_is_torchs() -> None:
    assert rates(9, schedule="exponential", decay=0.9) == pytest.approx(torchs(ExponentialLR(sgd(), gamma=0.9), 9))


def test_cosine_is_torchs() -> None:
    assert rates(9, schedule="cosine") == pytest.approx(torchs(CosineAnnealingLR(sgd(), T_max=9), 9))


def test_cosine_after_a_rise_is_torchs() -> None:
    optimizer = sgd()
    rising = LinearLR(optimizer, start_factor=1 / 4, total_iters=3)
    both = SequentialLR(optimizer, [rising, CosineAnnealingLR(optimizer, T_max=6)], milestones=[3])
    assert rates(9, schedule="cosine", warmup_epochs=3) == pytest.approx(torchs(both, 9))


def test_a_rise_longer_than_the_stage_leaves_it_one_epoch() -> None:
    assert rates(3, schedule="cosine", warmup_epochs=7) == pytest.approx([0.01 / 3, 0.02 / 3, 0.01])
    assert rates(1, schedule="cosine", warmup_epochs=7) == [0.01]


@given(
    st.integers(0, 200), st.integers(32, 224), st.floats(0, 1), st.integers(1, 80),
)  # fmt: skip
def test_the_input_grows_from_its_start_to_its_full_size_and_never_shrinks(start_px: int, input_px: int, after: float, epochs: int) -> None:
    settings = TrainParams(start_px=min(start_px, input_px), full_px_after=after)
    sides = [input_side(settings, input_px, epoch=epoch, epochs=epochs) for epoch in range(epochs)]
    assert sides == sorted(sides) and sides[-1] == input_px
    if not settings.start_px:
        assert set(sides) == {input_px}
    elif sides[0] < input_px:
        assert sides[0] == settings.start_px
    assert all(side == input_px for side in sides[math.ceil(after * epochs) :])
    assert all(side == input_px or (side - settings.start_px) % 16 == 0 for side in sides)


def test_the_training_sees_the_growing_size_and_validates_at_full_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, int]] = []
    true_input = inputs.to_input

    def watch(images: torch.Tensor, *, input_px: int, channels_last: bool) -> torch.Tensor:
        seen.append((torch.is_grad_enabled(), input_px))
        return true_input(images, input_px=input_px, channels_last=channels_last)

    monkeypatch.setattr(module, "to_input", watch)
    config = model_config(train={"epochs": 4, "start_px": 32, "full_px_after": 0.5, "batch_size": 12}, input_px=64)
    fit(build_model(config), face_set(12), face_set(6, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    assert [side for training, side in seen if training] == [32, 48, 64, 64]
    assert {side for training, side in seen if not training} == {64}


def test_none_never_changes() -> None:
    assert rates(5, schedule="none") == [0.01] * 5


def test_the_training_follows_the_schedule(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 3, "lr": 0.01, "schedule": "exponential", "decay": 0.5})
    fitted = fit(build_model(config), face_set(12), face_set(6, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    assert [row["lr"] for row in fitted.curves] == pytest.approx([0.01, 0.005, 0.0025])
