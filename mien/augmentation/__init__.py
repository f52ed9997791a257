"""Augmentation of training batches: geometry, RandAugment, colour and erasing, in this order; `mixing` then blends whole images.

All random draws are made on the CPU from the generator that is passed in, so that every device gets the same; the transforms run on the
device of the batch. Shapes: N batch, 3 colours, S×S pixels.
"""

import torch
from torch import Generator, Tensor

from mien.augmentation import colour, erasing, geometry, randaugment
from mien.config.sections.augment import AugmentParams

# A part that is off draws nothing; a new parameter is drawn last in its part, or existing seeds would give other images.
STEPS = (geometry.transform, randaugment.rand_augment, colour.jitter, erasing.erase)


def augment(images_N3SS: Tensor, settings: AugmentParams, *, generator: Generator) -> Tensor:
    """The batch, values in [0, 1], with each image changed by its own draws; `images_N3SS` itself if everything is off.

    The input is never modified; shape, type, device and memory layout stay the same.
    """
    layout = torch.channels_last if images_N3SS.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
    changed = images_N3SS
    for step in STEPS:
        changed = step(changed, settings, generator=generator)
    return images_N3SS if changed is images_N3SS else changed.contiguous(memory_format=layout)
