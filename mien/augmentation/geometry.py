"""Random rotation, shift, zoom, mirroring and cropping, as one affine resampling on the batch's device.

This is our own code on torch's grid_sample, because torchvision.transforms.v2 applies one transform to the whole batch.
kornia.augmentation takes as long per batch, and adds 2.7 s of import to each training.
Shapes: N batch, C channels, S×S pixels.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from mien.config.sections.augment import AugmentParams


def transform(images_NCSS: Tensor, settings: AugmentParams, *, generator: Generator) -> Tensor:
    """Each image rotated, shifted, zoomed, mirrored and cropped by its own draw; areas from outside repeat the border."""
    if not (settings.rotation_deg or settings.shift or settings.zoom or settings.flip or settings.crop):
        return images_NCSS
    maps_N23 = draw_maps(len(images_NCSS), settings, generator=generator).to(images_NCSS.device)
    grid_NSS2 = F.affine_grid(maps_N23, list(images_NCSS.shape), align_corners=False)
    return F.grid_sample(images_NCSS, grid_NSS2, mode="bilinear", padding_mode="border", align_corners=False)


def draw_maps(num: int, settings: AugmentParams, *, generator: Generator) -> Tensor:
    """N×2×3 affine maps from positions in the result to positions in the image, where -1 and 1 are the outer edges."""
    angle, zoom, right, down = (2 * torch.rand(4, num, generator=generator) - 1) * torch.tensor(
        [[math.radians(settings.rotation_deg)], [settings.zoom], [2 * settings.shift], [2 * settings.shift]]
    )
    mirror = torch.where(torch.rand(num, generator=generator) < settings.flip, -1.0, 1.0)
    cos, sin = torch.cos(angle) / (1 + zoom), torch.sin(angle) / (1 + zoom)
    maps_N23 = torch.stack([mirror * cos, -sin, right, mirror * sin, cos, down], dim=1).view(num, 2, 3)
    return maps_N23 @ draw_crops(num, settings.crop, generator=generator) if settings.crop else maps_N23


def draw_crops(num: int, crop: float, *, generator: Generator) -> Tensor:
    """N×3×3 maps from a square to a random smaller square inside it; its side is shorter by a share of at most `crop`."""
    share_N, right_N, down_N = torch.rand(3, num, generator=generator)
    share_N = crop * share_N
    crops_N33 = torch.eye(3).repeat(num, 1, 1)
    crops_N33[:, 0, 0] = crops_N33[:, 1, 1] = 1 - share_N
    crops_N33[:, 0, 2] = share_N * (2 * right_N - 1)
    crops_N33[:, 1, 2] = share_N * (2 * down_N - 1)
    return crops_N33
