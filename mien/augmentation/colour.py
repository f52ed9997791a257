"""Random brightness, contrast, saturation and hue of each picture, as operations on whole batches.

The formulas are torchvision's (transforms.v2.functional.adjust_*), which take one factor for all pictures of a batch; hence own code.
torchvision's ColorJitter also draws the order of the four for each picture; here it is fixed, as batches need.
Shapes: N batch, 3 colours (red, green, blue), S×S pixels; values in [0, 1].
"""

import torch
from torch import Generator, Tensor
from torchvision.transforms.v2.functional import rgb_to_grayscale

from mien.config.sections.augment import AugmentParams


def jitter(images_N3SS: Tensor, settings: AugmentParams, *, generator: Generator) -> Tensor:
    """Each picture with brightness, then contrast, saturation and hue changed by its own draws, clamped to [0, 1] after each."""
    largest = (settings.brightness, settings.contrast, settings.saturation, settings.hue_deg)
    if not any(largest):
        return images_N3SS
    draws_4N = (2 * torch.rand(4, len(images_N3SS), generator=generator) - 1) * torch.tensor(largest).unsqueeze(1)
    brightness_N, contrast_N, saturation_N, hue_N = draws_4N.to(images_N3SS.device)
    images = images_N3SS
    if settings.brightness:
        images = change_brightness(images, 1 + brightness_N)
    if settings.contrast:
        images = change_contrast(images, 1 + contrast_N)
    if settings.saturation:
        images = change_saturation(images, 1 + saturation_N)
    if settings.hue_deg:
        images = turn_hue(images, hue_N)
    return images


def change_brightness(images_N3SS: Tensor, factors_N: Tensor) -> Tensor:
    """Each picture times its factor."""
    return (images_N3SS * _per_picture(factors_N)).clamp_(0, 1)


def change_contrast(images_N3SS: Tensor, factors_N: Tensor) -> Tensor:
    """Each picture's distance from its mean grey times its factor."""
    mean_N111 = rgb_to_grayscale(images_N3SS).mean(dim=(1, 2, 3), keepdim=True)
    return torch.lerp(mean_N111, images_N3SS, _per_picture(factors_N)).clamp_(0, 1)


def change_saturation(images_N3SS: Tensor, factors_N: Tensor) -> Tensor:
    """Each pixel's distance from its grey times its picture's factor."""
    return torch.lerp(rgb_to_grayscale(images_N3SS), images_N3SS, _per_picture(factors_N)).clamp_(0, 1)


def turn_hue(images_N3SS: Tensor, degrees_N: Tensor) -> Tensor:
    """Each picture with its hue (of hue, saturation, value) turned; 120° makes red of green's place: red to green, green to blue."""
    red, green, blue = images_N3SS.unbind(1)
    value_NSS = images_N3SS.amax(1)
    range_NSS = value_NSS - images_N3SS.amin(1)
    divisor_NSS = torch.where(range_NSS > 0, range_NSS, 1.0)  # grey has no hue; any will do
    sixths_NSS = torch.where(
        value_NSS == red,
        (green - blue) / divisor_NSS,
        torch.where(value_NSS == green, 2 + (blue - red) / divisor_NSS, 4 + (red - green) / divisor_NSS),
    )
    sixths_NSS = sixths_NSS + degrees_N[:, None, None] / 60
    # Red lies at 0, green at 2, blue at 4. Up to a sixth of the circle away from a colour it has the value, from two sixths on that less
    # the range, and linearly between. Rounding, because torch's remainder takes many times as long.
    away_N3SS = sixths_NSS.unsqueeze(1) - torch.tensor([0.0, 2.0, 4.0], device=images_N3SS.device)[:, None, None]
    away_N3SS = away_N3SS.sub_(6 * (away_N3SS / 6).round_()).abs_()
    return (value_NSS.unsqueeze(1) - range_NSS.unsqueeze(1) * away_N3SS.sub_(1).clamp_(0, 1)).clamp_(0, 1)


def _per_picture(values_N: Tensor) -> Tensor:
    return values_N[:, None, None, None]
