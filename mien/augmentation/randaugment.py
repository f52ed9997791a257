"""RandAugment (Cubuk et al. 2020, arXiv:1909.13719), with torchvision, on each image of a batch.

torchvision draws from torch's global generator, which is seeded from ours during the call and then restored. Images are processed one at
a time, because torchvision would draw the same operations for a whole batch.
"""

import torch
from torch import Generator, Tensor
from torchvision.transforms import v2

from mien.config.sections.augment import AugmentParams

GREY = 0.5  # fills areas from outside the image, as in the paper's code


def rand_augment(images_N3SS: Tensor, settings: AugmentParams, *, generator: Generator) -> Tensor:
    """Each image, values in [0, 1], after `rand_augment_ops` random operations of its own, of magnitude `rand_augment` (out of 30)."""
    if not settings.rand_augment:
        return images_N3SS
    change = v2.RandAugment(
        settings.rand_augment_ops,
        settings.rand_augment,
        num_magnitude_bins=31,
        interpolation=v2.InterpolationMode.BILINEAR,
        fill=GREY,
    )
    seed = int(torch.randint(2**63 - 1, (), generator=generator))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # only the CPU's generator; torch.manual_seed would reseed accelerators too
        return torch.stack([change(image_3SS) for image_3SS in images_N3SS])
