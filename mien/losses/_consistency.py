"""Makes the second view of an image, and measures how far the class maps of both views differ.

The mirrored view is the method's own (Zhang et al. 2022; Zhu et al. 2025, eq. 3). The latter's table 5 names the other transforms without
details: their forms and ranges below are ours. Shapes: N batch, C channels, K classes, H×W pixels or grid.
"""

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from mien.augmentation.erasing import draw_rectangles
from mien.losses._targets import wide
from mien.losses._views import View

PARAMETERS = {
    "consistency_transform": {
        "default": "horizontal",
        "choices": ("horizontal", "vertical", "erase", "intensity", "scale"),
        "description": "what makes the second view of an image",
    },
    "detach_class_weights": {
        "default": True,
        "description": "the consistency of class maps gives no gradient to the classifier's weights",
    },
    "joint_views": {"default": True, "description": "both views in one forward pass; batch norm then sees both at once"},
}
MIRRORED_DIM = {"horizontal": -1, "vertical": -2}
ERASED_AREA = (0.02, 0.25)
"""share of the image's area, as in random erasing (Zhong et al. 2020, as Zhang et al. 2022 use it)"""
ATTENUATION = (0.5, 0.9)
"""factor of the pixel values"""
REDUCTION = 0.5
"""factor of the resolution"""


class TwoViewLoss(nn.Module, ABC):
    """Base class of the losses of two views: the settings that the training step reads, the second view, and the loss of both views.

    The loss is `forward`, its part on the first view only, plus `consistency` of both views' class maps multiplied by
    `consistency_weight`; a weight of 0 leaves the term out.
    """

    def __init__(self, *, consistency_weight: float, consistency_transform: str, detach_class_weights: bool, joint_views: bool) -> None:
        super().__init__()
        self.consistency_weight = consistency_weight
        self.consistency_transform = consistency_transform
        self.detach_class_weights = detach_class_weights
        self.joint_views = joint_views

    def second_view(self, images_NCHW: Tensor, *, generator: Generator) -> Tensor:
        """The second view of a batch in [0, 1], of the same shape; random draws come from the CPU generator."""
        return second_view(images_NCHW, self.consistency_transform, generator=generator)

    def pair(self, first: View, second: View, targets: Tensor) -> Tensor:
        """The training loss of both views, a scalar, for integer targets_N or soft targets_NK."""
        loss = self.classification(first, second, targets)
        if self.consistency_weight:
            loss = loss + self.consistency_weight * self.consistency(first.class_maps_NKHW, second.class_maps_NKHW)
        return loss

    def classification(self, first: View, second: View, targets: Tensor) -> Tensor:  # noqa: ARG002  (some learn from both)
        """The training loss without the consistency term, a scalar; most losses learn the classes from the first view only."""
        loss: Tensor = self(first.logits_NK, targets)
        return loss

    @abstractmethod
    def consistency(self, first_NKHW: Tensor, second_NKHW: Tensor) -> Tensor:
        """The distance between both views' class maps, a scalar; each map is oriented as its view."""


def second_view(images_NCHW: Tensor, transform: str, *, generator: Generator) -> Tensor:
    """The second view of images in [0, 1], of the same shape, type and device.

    `horizontal`, `vertical`: mirrored. `erase`: one rectangle per image, of 2 to 25 % of its area up to rounding to pixels, is
    overwritten with the image's mean colour. `intensity`: pixel values are multiplied by a factor per image from 0.5 to 0.9, which lowers
    brightness and contrast. `scale`: the resolution is halved and enlarged again, so that everything keeps its position.
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
    """Class maps of second views in the orientation of the first: mirrored ones are mirrored back; other transforms move nothing."""
    return maps_NKHW.flip(MIRRORED_DIM[transform]) if transform in MIRRORED_DIM else maps_NKHW


def map_difference(first_NKHW: Tensor, second_NKHW: Tensor, *, transform: str, norm: str = "squared") -> Tensor:
    """Squared or absolute difference of two views' class maps, N×K×H×W, in float32 at least; `second` is oriented as its view."""
    dtype = wide(first_NKHW.dtype)
    difference_NKHW = first_NKHW.to(dtype) - moved_back(second_NKHW.to(dtype), transform)
    if norm == "squared":
        return difference_NKHW.square()
    assert norm == "absolute", norm
    return difference_NKHW.abs()


def _erased(images_NCHW: Tensor, generator: Generator) -> Tensor:
    num, _, *size_px = images_NCHW.shape
    inside_NHW = draw_rectangles(num, size_px, areas=ERASED_AREA, generator=generator)
    return torch.where(inside_NHW[:, None].to(images_NCHW.device), images_NCHW.mean(dim=(2, 3), keepdim=True), images_NCHW)


def _coarsened(images_NCHW: Tensor) -> Tensor:
    whole = list(images_NCHW.shape[2:])
    small = [max(1, round(side * REDUCTION)) for side in whole]
    reduced = F.interpolate(images_NCHW, size=small, mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(reduced, size=whole, mode="bilinear", align_corners=False)
