"""Random erasing (Zhong et al. 2020, arXiv:1708.04896): a random rectangle of some images turns grey.

This is our own code, because timm's RandomErasing draws from Python's global generator and modifies its input, and torchvision's erases
the same rectangle in all images of a batch. Rectangles have the same distribution (aspect ratios of 0.3 to 1/0.3), except that they are
drawn from those that fit, where the libraries draw again. Shapes: N batch, C channels, S×S pixels.
"""

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from mien.config.sections.augment import AugmentParams

GREY = 0.5  # close to 0 after every normalisation; the papers erase to 0 after normalisation
MAX_ASPECT = 1 / 0.3


def erase(images_NCSS: Tensor, settings: AugmentParams, *, generator: Generator) -> Tensor:
    """Each image, with probability `erase`, has one rectangle of `erase_min_area` to `erase_max_area` of its area turned grey."""
    if not settings.erase:
        return images_NCSS
    num, _, *size_px = images_NCSS.shape
    erased_N = torch.rand(num, generator=generator) < settings.erase
    areas = (settings.erase_min_area, settings.erase_max_area)
    mask_NSS = draw_rectangles(num, size_px, areas=areas, generator=generator) & erased_N[:, None, None]
    return images_NCSS.masked_fill(mask_NSS.unsqueeze(1).to(images_NCSS.device), GREY)


def draw_rectangles(num: int, size_px: Sequence[int], *, areas: tuple[float, float], generator: Generator) -> Tensor:
    """N×H×W masks for images of `size_px` (height, width), each true inside a random rectangle that lies within the image.

    Its share of the area is uniform between the two `areas`, up to rounding to whole pixels; its aspect ratio (in shares of the sides)
    is log-uniform, its position uniform.
    """
    area_N, aspect_N, down_N, right_N = torch.rand(4, num, generator=generator)
    area_N = areas[0] + (areas[1] - areas[0]) * area_N
    # Neither side may exceed the image's side.
    log_limit_N = torch.minimum(torch.tensor(math.log(MAX_ASPECT)), -area_N.log())
    aspect_N = torch.exp((2 * aspect_N - 1) * log_limit_N)
    height_px, width_px = size_px
    rows_NH = _spans(down_N, torch.sqrt(area_N * aspect_N), height_px)
    columns_NW = _spans(right_N, torch.sqrt(area_N / aspect_N), width_px)
    return rows_NH.unsqueeze(2) & columns_NW.unsqueeze(1)


def _spans(place_N: Tensor, share_N: Tensor, side_px: int) -> Tensor:
    """N×S masks, each true over a share of the side's pixels, starting at one of the possible positions."""
    length_N = (side_px * share_N).round().clamp(1, side_px)
    start_N1 = (place_N * (side_px - length_N + 1)).floor().unsqueeze(1)
    pixel_S = torch.arange(side_px)
    return (pixel_S >= start_N1) & (pixel_S < start_N1 + length_N.unsqueeze(1))
