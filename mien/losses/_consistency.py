"""The second view of a picture, and how far the class maps of both views differ.

The mirror is the method's own (Zhang et al. 2022; Zhu et al. 2025, eq. 3); the other transforms are those that the latter's table 5 names
without saying more: their forms and ranges below are ours. Shapes: N batch, C channels, K classes, H×W pixels or grid.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from mien.losses._targets import wide

MIRRORED_DIM = {"horizontal": -1, "vertical": -2}
ERASED_AREA = (0.02, 0.25)
"""share of the picture, as random erasing's (Zhong et al. 2020, as Zhang et al. 2022 use it)"""
ERASED_ASPECT = (0.3, 1 / 0.3)
"""height over width; with these areas every such rectangle fits"""
ATTENUATION = (0.5, 0.9)
"""factor of the pixel values"""
REDUCTION = 0.5
"""factor of the resolution"""


class TwoViewLoss(nn.Module):
    """What the losses of two views share: the settings that the training step reads, and the second view."""

    def __init__(self, *, consistency_transform: str, detach_class_weights: bool, joint_views: bool) -> None:
        super().__init__()
        self.consistency_transform = consistency_transform
        self.detach_class_weights = detach_class_weights
        self.joint_views = joint_views

    def second_view(self, images_NCHW: Tensor, *, generator: Generator) -> Tensor:
        """The second view of a batch in [0, 1], of the same shape; draws come from the CPU generator."""
        return second_view(images_NCHW, self.consistency_transform, generator=generator)


def second_view(images_NCHW: Tensor, transform: str, *, generator: Generator) -> Tensor:
    """The pictures in [0, 1] as their second view shows them, of the same shape, type and device.

    `horizontal`, `vertical`: mirrored. `erase`: one rectangle per picture, of 2 to 25 % of its area up to rounding to pixels, is
    overwritten with the picture's mean colour. `intensity`: pixel values times a factor per picture from 0.5 to 0.9, which lowers
    brightness and contrast. `scale`: halved in resolution and enlarged again, so that everything stays in its place.
    Draws come from `generator`, a CPU generator, so that they are the same on every device.
    """
    if transform in MIRRORED_DIM:
        return images_NCHW.flip(MIRRORED_DIM[transform])
    if transform == "erase":
        return _erased(images_NCHW, generator)
    if transform == "intensity":
        low, high = ATTENUATION
        factors_N = low + (high - low) * torch.rand(len(images_NCHW), generator=generator)
        return images_NCHW * factors_N.to(images_NCHW)[:, None, None, None]
    assert transform == "scale", transform
    return _coarsened(images_NCHW)


def moved_back(maps_NKHW: Tensor, transform: str) -> Tensor:
    """Class maps of second views, laid as the first views lie: mirrored back after a mirror; the other transforms move nothing."""
    return maps_NKHW.flip(MIRRORED_DIM[transform]) if transform in MIRRORED_DIM else maps_NKHW


def map_difference(first_NKHW: Tensor, second_NKHW: Tensor, *, transform: str, norm: str = "squared") -> Tensor:
    """Squared or absolute difference of two views' class maps at each place, N×K×H×W, in float32 at least; `second` as it lies."""
    dtype = wide(first_NKHW.dtype)
    difference_NKHW = first_NKHW.to(dtype) - moved_back(second_NKHW.to(dtype), transform)
    if norm == "squared":
        return difference_NKHW.square()
    assert norm == "absolute", norm
    return difference_NKHW.abs()


def _erased(images_NCHW: Tensor, generator: Generator) -> Tensor:
    num, _, height, width = images_NCHW.shape
    area_N, aspect_N, down_N, right_N = torch.rand(4, num, generator=generator)
    area_N = ERASED_AREA[0] + (ERASED_AREA[1] - ERASED_AREA[0]) * area_N
    low, high = (math.log(aspect) for aspect in ERASED_ASPECT)
    aspect_N = torch.exp(low + (high - low) * aspect_N)
    inside_NHW = (
        _run_of(height, share_N=(area_N * aspect_N).sqrt(), place_N=down_N)[:, :, None]
        & _run_of(width, share_N=(area_N / aspect_N).sqrt(), place_N=right_N)[:, None, :]
    )
    mean_NC11 = images_NCHW.mean(dim=(2, 3), keepdim=True)
    return torch.where(inside_NHW[:, None].to(images_NCHW.device), mean_NC11, images_NCHW)


def _run_of(side: int, *, share_N: Tensor, place_N: Tensor) -> Tensor:
    """N×side, true on a run of pixels that is `share_N` of the side long and lies anywhere inside, by `place_N` in [0, 1)."""
    length_N = (share_N * side).round().clamp(1, side)
    start_N = (place_N * (side - length_N + 1)).floor()
    pixels = torch.arange(side)
    return (pixels >= start_N[:, None]) & (pixels < (start_N + length_N)[:, None])


def _coarsened(images_NCHW: Tensor) -> Tensor:
    whole = list(images_NCHW.shape[2:])
    small = [max(1, round(side * REDUCTION)) for side in whole]
    reduced = F.interpolate(images_NCHW, size=small, mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(reduced, size=whole, mode="bilinear", align_corners=False)
