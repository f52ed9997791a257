"""Which images an epoch sees."""

import numpy as np
import pytest
import torch

from mien.training.samplers import EpochBatches

TARGETS = torch.tensor([0] * 90 + [1] * 9 + [2])


def batches(
    targets: torch.Tensor = TARGETS, *, epoch: int = 0, sampler: str = "shuffled", size: int = 16, stage: int = 1
) -> list[torch.Tensor]:
    drawn = EpochBatches(targets, sampler=sampler, batch_size=size, seed=3, stage=stage)
    drawn.set_epoch(epoch)
    found = list(drawn)
    assert len(found) == len(drawn)
    return found


def test_shuffled_sees_every_image_once() -> None:
    assert torch.cat(batches()).sort().values.tolist() == list(range(100))


def test_weighted_sees_every_class_as_often() -> None:
    drawn = torch.cat([image for epoch in range(100) for image in batches(sampler="weighted", epoch=epoch)])
    assert len(drawn) == 100 * len(TARGETS)
    counts = np.bincount(TARGETS[drawn])
    # 10,000 draws at 1/3: a standard deviation of 47.
    assert np.abs(counts - 10_000 / 3).max() < 5 * 47
    in_class_0 = np.bincount(drawn[TARGETS[drawn] == 0], minlength=90)
    assert in_class_0.min() > 0, "within a class, every image has its chance"


@pytest.mark.parametrize("sampler", ["shuffled", "weighted"])
def test_an_epoch_depends_on_seed_stage_and_number_alone(sampler: str) -> None:
    def order(epoch: int, stage: int = 1) -> list[int]:
        return torch.cat(batches(sampler=sampler, epoch=epoch, stage=stage)).tolist()

    assert order(5) == order(5)
    assert len({tuple(order(0)), tuple(order(1)), tuple(order(0, 2)), tuple(order(1, 2))}) == 4


@pytest.mark.parametrize("num", [2, 3, 4, 7, 32, 33, 34, 65, 100])
@pytest.mark.parametrize("size", [2, 3, 16, 32])
def test_batches_are_even_and_never_of_one_image(num: int, size: int) -> None:
    sizes = [len(batch) for batch in batches(torch.zeros(num, dtype=torch.int64), size=size)]
    assert sum(sizes) == num and min(sizes) >= 2
    assert max(sizes) <= size + 1 and max(sizes) - min(sizes) <= 1
