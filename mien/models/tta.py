"""Test-time augmentation: the views of an image that a model predicts instead of the image alone, and their mean.

The ten views are those of Krizhevsky et al. 2012 (ImageNet classification with deep convolutional neural networks, section 4.1): the four
corners and the centre, 7/8 of the side (224 of 256 px there), and their mirror images. Shapes: V views, N images, S×S side, K classes.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import horizontal_flip, ten_crop

CROP = 7 / 8
"""side of a crop, as a share of the image's"""


def _ten_crop(images_N3SS: Tensor) -> Sequence[Tensor]:
    side_px = round(CROP * images_N3SS.shape[-1])
    return ten_crop(images_N3SS, [side_px, side_px])  # type: ignore[no-any-return]


VIEWS: dict[str, Callable[[Tensor], Sequence[Tensor]]] = {
    "none": lambda images_N3SS: [images_N3SS],
    "flip": lambda images_N3SS: [images_N3SS, horizontal_flip(images_N3SS)],
    "ten_crop": _ten_crop,
}
"""By name the V views of images, each N×3×S'×S' with S' of at most S."""


def num_views(tta: str) -> int:
    """V, the number of forward passes that a prediction takes."""
    return len(VIEWS[tta](torch.empty(1, 3, 8, 8, device="meta")))


def mean_logits(logits_VNK: Sequence[Tensor]) -> Tensor:
    """The logarithm of the mean of the views' probabilities, N×K; a single view keeps its logits as they are.

    Softmax of the result is that mean.
    """
    if len(logits_VNK) == 1:
        return logits_VNK[0]
    return torch.logsumexp(torch.stack([logits_NK.log_softmax(1) for logits_NK in logits_VNK]), 0) - math.log(len(logits_VNK))
