"""The learning rate by epochs, against torch's own schedulers, and that the optimiser is given it."""

from pathlib import Path

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, SequentialLR

from mien.config.sections.train import TrainParams
from mien.models.build import build_model
from mien.training.fit import fit
from mien.training.schedules import rate
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


def test_none_never_changes() -> None:
    assert rates(5, schedule="none") == [0.01] * 5


def test_the_training_follows_the_schedule(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 3, "lr": 0.01, "schedule": "exponential", "decay": 0.5})
    fitted = fit(build_model(config), face_set(12), face_set(6, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    assert [row["lr"] for row in fitted.curves] == pytest.approx([0.01, 0.005, 0.0025])
