"""RandAugment as torchvision does it, on each picture with its own operations."""

import torch
from torchvision.transforms import v2

from mien.augmentation.randaugment import rand_augment
from mien.config.sections.augment import AugmentParams

IMAGES = torch.rand(6, 3, 33, 33, generator=torch.Generator().manual_seed(0))


def drawn(images: torch.Tensor = IMAGES, *, seed: int = 1, **settings: int) -> torch.Tensor:
    return rand_augment(images, AugmentParams(**settings), generator=torch.Generator().manual_seed(seed))


def test_magnitude_zero_leaves_it_out() -> None:
    assert drawn(rand_augment=0, rand_augment_ops=2) is IMAGES


def test_pictures_are_those_of_torchvision_one_after_the_other() -> None:
    seed = int(torch.randint(2**63 - 1, (), generator=torch.Generator().manual_seed(1)))
    change = v2.RandAugment(3, 17, interpolation=v2.InterpolationMode.BILINEAR, fill=0.5)
    torch.manual_seed(seed)
    expected = torch.stack([change(image) for image in IMAGES])
    assert torch.equal(drawn(rand_augment=17, rand_augment_ops=3), expected)


def test_every_magnitude_keeps_values_in_range_for_every_operation() -> None:
    images = IMAGES[:1].repeat(60, 1, 1, 1)
    for magnitude in (1, 10, 30):
        found = drawn(images, rand_augment=magnitude, rand_augment_ops=1)
        assert float(found.min()) >= 0 and float(found.max()) <= 1 and bool(found.isfinite().all())
        assert len({image.numpy().tobytes() for image in found}) > 12, "14 operations, some of two signs"


def test_a_larger_magnitude_changes_more() -> None:
    images = IMAGES[:1].repeat(60, 1, 1, 1)
    small, large = (float((drawn(images, rand_augment=magnitude, rand_augment_ops=2) - images).abs().mean()) for magnitude in (3, 30))
    assert large > small
