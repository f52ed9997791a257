"""Random rotation, shift, zoom and mirroring of training batches, as one affine resampling on the batch's device.

Own code over torch's grid_sample: kornia.augmentation takes as long per batch, and 2.7 s more to import, for each training.
Shapes: N batch, C channels, S×S pixels.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from mien.sections import AugmentParams


def augment(images_NCSS: Tensor, ranges: AugmentParams, *, generator: Generator) -> Tensor:
    """Each picture turned, shifted, zoomed and mirrored by its own draw; what comes in from outside repeats the border.

    The draws come from `generator`, a CPU generator, so that they are the same on every device.
    """
    if not (ranges.rotation_deg or ranges.shift or ranges.zoom or ranges.flip):
        return images_NCSS
    maps_N23 = draw_maps(len(images_NCSS), ranges, generator=generator).to(images_NCSS.device)
    grid_NSS2 = F.affine_grid(maps_N23, list(images_NCSS.shape), align_corners=False)
    return F.grid_sample(images_NCSS, grid_NSS2, mode="bilinear", padding_mode="border", align_corners=False)


def draw_maps(num: int, ranges: AugmentParams, *, generator: Generator) -> Tensor:
    """N×2×3 maps from places in the result to places in the picture, where -1 and 1 are the outer edges."""
    angle, zoom, right, down = (2 * torch.rand(4, num, generator=generator) - 1) * torch.tensor(
        [[math.radians(ranges.rotation_deg)], [ranges.zoom], [2 * ranges.shift], [2 * ranges.shift]]
    )
    mirror = torch.where(torch.rand(num, generator=generator) < ranges.flip, -1.0, 1.0)
    cos, sin = torch.cos(angle) / (1 + zoom), torch.sin(angle) / (1 + zoom)
    return torch.stack([mirror * cos, -sin, right, mirror * sin, cos, down], dim=1).view(num, 2, 3)
