"""Mixup (Zhang et al. 2018, arXiv:1710.09412) and CutMix (Yun et al. 2019, arXiv:1905.04899), with timm: images of a batch are blended.

Shapes: N batch (even), K classes, C channels, S×S pixels.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from timm.data import Mixup
from torch import Generator, Tensor

from mien.config.sections.augment import AugmentParams


def mixes(settings: AugmentParams) -> bool:
    """Returns whether `mix` blends images, and so needs batches of even size and returns soft targets."""
    return settings.mixup > 0 or settings.cutmix > 0


def mix(images_NCSS: Tensor, targets: Tensor, settings: AugmentParams, *, num_classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Blends the batch with itself in reverse order; returns images and soft targets, N×K. If both are off, the input is returned.

    `targets` are the classes, N, or soft targets, N×K, which are blended like the images.

    The share λ of the first image, from Beta(α, α), is drawn once per batch; if both methods are on, so is the choice between them.
    The input is not modified.
    """
    if not mixes(settings):
        return images_NCSS, targets
    assert len(images_NCSS) % 2 == 0, "batches to mix are of even size: EpochBatches(even=True)"
    mixup = Mixup(
        mixup_alpha=settings.mixup,
        cutmix_alpha=settings.cutmix,
        prob=1.0,
        switch_prob=0.5,
        mode="batch",
        correct_lam=True,
        label_smoothing=0.0,
        num_classes=num_classes if targets.ndim == 1 else len(targets),
    )
    with _numpy_seeded(int(torch.randint(2**32, (), generator=generator))):
        if targets.ndim == 1:
            images, targets_NK = mixup(images_NCSS.clone(), targets)  # timm's Mixup modifies its input
        else:  # timm blends classes only; as the class of each image, its number gives the weights of the blend
            images, weights_NN = mixup(images_NCSS.clone(), torch.arange(len(targets), device=targets.device))
            targets_NK = weights_NN @ targets
    return images, targets_NK


@contextmanager
def _numpy_seeded(seed: int) -> Iterator[None]:
    """Seeds numpy's global generator, from which timm's Mixup draws, with `seed`; restores its state afterwards."""
    before = np.random.get_state()  # noqa: NPY002 (timm draws from it)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
