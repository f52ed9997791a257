"""Which images an epoch sees."""

from typing import get_args

import numpy as np
import pytest
import torch

from mien.config.sections.train import TrainParams
from mien.training.samplers import SAMPLERS, EpochBatches, random_stream

TARGETS = torch.tensor([0] * 90 + [1] * 9 + [2])


def batches(
    targets: torch.Tensor = TARGETS,
    *,
    epoch: int = 0,
    sampler: str = "shuffled",
    size: int = 16,
    stage: int = 1,
    even: bool = False,
    accumulate: int = 1,
) -> list[torch.Tensor]:
    drawn = EpochBatches(targets, sampler=sampler, batch_size=size, seed=3, stage=stage, even=even, accumulate=accumulate)
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


def test_reversed_draws_classes_by_one_over_their_size() -> None:
    drawn = torch.cat([image for epoch in range(100) for image in batches(sampler="reversed", epoch=epoch)])
    assert len(drawn) == 100 * len(TARGETS)
    counts, each_K = np.bincount(TARGETS[drawn]), np.array([1 / 90, 1 / 9, 1 / 1])
    expected = 10_000 * each_K / each_K.sum()
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    in_class_1 = np.bincount(drawn[TARGETS[drawn] == 1] - 90, minlength=9)
    assert (np.abs(in_class_1 - expected[1] / 9) < 5 * np.sqrt(expected[1] / 9)).all(), "within a class, all images alike"


def test_a_second_batch_follows_each_and_changes_nothing_of_the_first() -> None:
    alone = batches()
    both = list(EpochBatches(TARGETS, sampler="shuffled", batch_size=16, seed=3, stage=1, second="reversed"))
    assert [len(batch) for batch in both] == [2 * len(batch) for batch in alone]
    assert all(torch.equal(batch[: len(first)], first) for batch, first in zip(both, alone, strict=True))
    second = torch.cat([batch[len(first) :] for batch, first in zip(both, alone, strict=True)])
    assert (TARGETS[second] == 2).float().mean() > 0.7, "100 / 111 of the draws are of the rarest class"
    reversed_alone = torch.cat(batches(sampler="reversed"))
    assert not torch.equal(second, reversed_alone), "its draws have a stream of their own"


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
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


def test_the_samplers_are_those_that_params_can_name() -> None:
    assert set(SAMPLERS) == set(get_args(TrainParams.model_fields["sampler"].annotation))


@pytest.mark.parametrize("counts", [(90, 9, 1), (50, 50), (3, 4, 5, 6, 7), (1, 1, 30)])
def test_class_balanced_takes_classes_and_images_as_often(counts: tuple[int, ...]) -> None:
    targets = torch.repeat_interleave(torch.tensor(counts))
    given_more = set()
    for epoch in range(20):
        drawn = torch.cat(batches(targets, sampler="class_balanced", epoch=epoch))
        assert len(drawn) == len(targets)
        per_class = np.bincount(targets[drawn], minlength=len(counts))
        assert per_class.max() - per_class.min() <= 1
        given_more |= set(np.flatnonzero(per_class == per_class.max()).tolist())
        for name, count in enumerate(counts):
            images = drawn[targets[drawn] == name].tolist()
            for start in range(0, len(images), count):
                part = images[start : start + count]
                assert len(set(part)) == len(part), "no image again before all of its class"
    assert given_more == set(range(len(counts))), "the draws left over go to other classes each epoch"


def test_class_balanced_mixes_the_classes_within_an_epoch() -> None:
    targets = torch.arange(10).repeat_interleave(30)
    assert min(len(set(targets[batch].tolist())) for batch in batches(targets, sampler="class_balanced", size=32)) >= 7


def test_class_balanced_sees_all_of_a_large_class_over_the_epochs() -> None:
    seen = torch.cat([image for epoch in range(40) for image in batches(sampler="class_balanced", epoch=epoch)])
    assert set(seen.tolist()) == set(range(100))


@pytest.mark.parametrize("num", [2, 3, 4, 7, 32, 33, 34, 65, 100])
@pytest.mark.parametrize("size", [2, 3, 16, 32])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_even_batches_are_of_even_size(num: int, size: int, accumulate: int) -> None:
    found = batches(torch.zeros(num, dtype=torch.int64), size=size, even=True, accumulate=accumulate)
    sizes = [len(batch) for batch in found]
    assert all(size % 2 == 0 and size for size in sizes) and max(sizes) <= size and max(sizes) - min(sizes) <= 2
    images = torch.cat(found).tolist()
    assert len(set(images)) == len(images) == num - num % 2


def test_of_an_odd_number_another_image_is_left_out_each_epoch() -> None:
    targets = torch.zeros(7, dtype=torch.int64)
    left_out = [set(range(7)) - set(torch.cat(batches(targets, size=4, even=True, epoch=epoch)).tolist()) for epoch in range(40)]
    assert set.union(*left_out) == set(range(7)) and {len(part) for part in left_out} == {1}


@pytest.mark.parametrize("even", [False, True])
@pytest.mark.parametrize("accumulate", [2, 3, 5, 8])
def test_every_step_adds_up_as_many_batches(accumulate: int, even: bool) -> None:
    for num in (2 * accumulate, 2 * accumulate + 1, 50, 99, 100):
        found = batches(torch.zeros(num, dtype=torch.int64), size=8, even=even, accumulate=accumulate)
        sizes = [len(batch) for batch in found]
        assert len(sizes) % accumulate == 0 and len(sizes) < -(-num // 8) + accumulate
        assert min(sizes) >= 2 and max(sizes) <= 8 + (not even) and max(sizes) - min(sizes) <= 1 + even
        assert sum(sizes) == num - (num % 2 if even else 0)


def test_too_few_images_are_batched_as_without_accumulation() -> None:
    targets = torch.zeros(9, dtype=torch.int64)
    assert [batch.tolist() for batch in batches(targets, size=4, accumulate=5)] == [batch.tolist() for batch in batches(targets, size=4)]


def test_the_defaults_draw_as_they_always_did() -> None:
    """The committed figures rest on it."""
    for num, size in ((100, 16), (7, 2), (33, 32)):
        order = random_stream("order", seed=3, stage=1, epoch=4).permutation(num)
        expected = np.array_split(order, max(1, min(-(-num // size), num // 2)))
        found = batches(torch.zeros(num, dtype=torch.int64), size=size, epoch=4)
        assert [batch.tolist() for batch in found] == [part.tolist() for part in expected]
