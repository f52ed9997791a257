"""What happens to training batches alone: geometry, RandAugment, colour and erasing, in this order; `mixing` then blends whole pictures.

Everything is drawn on the CPU from the generator that is passed in, so that every device sees the same, and applied where the batch lies.
Shapes: N batch, 3 colours, S×S pixels.
"""

import torch
from torch import Generator, Tensor

from mien.augmentation import colour, erasing, geometry, randaugment
from mien.config.sections.augment import AugmentParams

# What is switched off draws nothing; what is new goes to the end of the draws of its part, or known seeds would give other pictures.
STEPS = (geometry.transform, randaugment.rand_augment, colour.jitter, erasing.erase)


def augment(images_N3SS: Tensor, settings: AugmentParams, *, generator: Generator) -> Tensor:
    """The batch, values in [0, 1], with each picture changed by its own draws; `images_N3SS` itself if everything is off.

    The input is never written to; shape, type, device and memory layout stay.
    """
    layout = torch.channels_last if images_N3SS.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
    changed = images_N3SS
    for step in STEPS:
        changed = step(changed, settings, generator=generator)
    return images_N3SS if changed is images_N3SS else changed.contiguous(memory_format=layout)
