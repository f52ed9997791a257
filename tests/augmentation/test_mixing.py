"""Mixup and CutMix: pictures and soft targets are blended alike."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mien.augmentation.mixing import mix, mixes
from mien.config.sections.augment import AugmentParams

BOTH = [{"mixup": 0.4}, {"cutmix": 1.0}, {"mixup": 0.4, "cutmix": 1.0}]
TARGETS = torch.tensor([0, 1, 2, 3, 4, 3, 2, 0])


def images_of(targets: Tensor) -> Tensor:
    """Pictures whose every value is their class."""
    return targets.float()[:, None, None, None].expand(-1, 3, 32, 32)


def mixed(images: Tensor | None = None, *, seed: int = 1, **settings: float) -> tuple[Tensor, Tensor]:
    images = images_of(TARGETS) if images is None else images
    return mix(images, TARGETS, AugmentParams(**settings), num_classes=5, generator=torch.Generator().manual_seed(seed))


def test_nothing_to_mix_changes_nothing() -> None:
    images = images_of(TARGETS)
    found, targets = mixed(images)
    assert found is images and targets is TARGETS
    assert [mixes(AugmentParams(**settings)) for settings in ({}, *BOTH)] == [False, True, True, True]


@pytest.mark.parametrize("settings", BOTH)
@pytest.mark.parametrize("seed", range(6))
def test_pictures_agree_with_their_targets(settings: dict[str, float], seed: int) -> None:
    images, targets_NK = mixed(seed=seed, **settings)
    assert targets_NK.shape == (8, 5) and targets_NK.dtype == torch.float32
    assert torch.allclose(targets_NK.sum(1), torch.ones(8)) and float(targets_NK.min()) >= 0
    # The mean of a blended picture is that of its classes, for Mixup by value and for CutMix by area.
    assert torch.allclose(images.mean((1, 2, 3)), targets_NK @ torch.arange(5.0), atol=1e-4)
    support = {tuple(row.nonzero().flatten().tolist()) for row in targets_NK}
    allowed = {tuple(sorted({a, b})) for a, b in zip(TARGETS.tolist(), TARGETS.flip(0).tolist(), strict=True)}
    assert support <= allowed | {(int(k),) for k in TARGETS}


@pytest.mark.parametrize("settings", BOTH)
@pytest.mark.parametrize("seed", range(6))
def test_soft_targets_are_blended_as_classes_are(settings: dict[str, float], seed: int) -> None:
    images, blended = mixed(seed=seed, **settings)
    shares = torch.rand(8, 5, generator=torch.Generator().manual_seed(seed)).softmax(dim=1)
    generators = [torch.Generator().manual_seed(seed) for _ in range(2)]
    params = AugmentParams(**settings)
    same, one_hot = mix(images_of(TARGETS), torch.eye(5)[TARGETS], params, num_classes=5, generator=generators[0])
    _, soft = mix(images_of(TARGETS), shares, params, num_classes=5, generator=generators[1])
    assert torch.equal(same, images) and torch.allclose(one_hot, blended, atol=1e-6)
    # Blending is linear: the first image of each pair has the same weight for every kind of target.
    first, second = torch.eye(8), torch.eye(8).flip(0)
    _, weights = mix(images_of(TARGETS), first, params, num_classes=8, generator=torch.Generator().manual_seed(seed))
    assert torch.allclose(soft, weights @ shares, atol=1e-6) and bool(((weights > 0) <= ((first + second) > 0)).all())


def test_mixup_blends_values_and_cutmix_areas() -> None:
    by_value, _ = mixed(mixup=0.4)
    assert all(len(image.unique()) == 1 for image in by_value)
    by_area, _ = mixed(cutmix=1.0)
    assert set(by_area.unique().tolist()) <= set(range(5))


def test_with_both_on_batches_take_one_or_the_other() -> None:
    kinds = [all(len(image.unique()) == 1 for image in mixed(mixup=1.0, cutmix=1.0, seed=seed)[0]) for seed in range(60)]
    assert 15 < sum(kinds) < 45


@pytest.mark.parametrize("settings", BOTH)
def test_all_is_drawn_from_the_generator_and_the_global_one_left_alone(settings: dict[str, float]) -> None:
    images = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    kept = images.clone()

    def state() -> list[Any]:
        return [np.random.get_state()[1].tolist(), np.random.get_state()[2]]  # type: ignore[union-attr,index] # noqa: NPY002

    np.random.seed(1)  # noqa: NPY002
    before = state()
    found = mixed(images, **settings)
    assert state() == before and torch.equal(images, kept), "the input is not written to"
    np.random.seed(2)  # noqa: NPY002
    again = mixed(images, **settings)
    assert all(torch.equal(one, other) for one, other in zip(found, again, strict=True))
    assert not torch.equal(mixed(images, seed=2, **settings)[0], found[0])


@pytest.mark.parametrize("settings", BOTH)
def test_layout_is_kept(settings: dict[str, float]) -> None:
    images = torch.rand(8, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    assert mixed(images, **settings)[0].is_contiguous(memory_format=torch.channels_last)


def test_the_shares_are_those_of_the_beta_distribution() -> None:
    """Beta(α, α) has variance 1 / (4 (2α + 1))."""
    shares = torch.stack([mixed(mixup=0.4, seed=seed)[1][1, 1] for seed in range(1000)])
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.06)
    assert float(shares.var()) == pytest.approx(1 / (4 * 1.8), rel=0.1)
