"""Random brightness, contrast, saturation and hue of each image, as operations on whole batches.

The formulas are those of torchvision (transforms.v2.functional.adjust_*). It is our own code because torchvision's functions use one
factor for all images of a batch. ColorJitter also draws the order of the four for each image; here it is fixed, as batches require.
Shapes: N batch, 3 colours (red, green, blue), S×S pixels; values in [0, 1].
"""

import torch
from torch import Generator, Tensor
from torchvision.transforms.v2.functional import rgb_to_grayscale

from mien.config.sections.augment import AugmentParams


def jitter(images_N3SS: Tensor, settings: AugmentParams, *, generator: Generator) -> Tensor:
    """Changes brightness, then contrast, saturation and hue of each image by its own draws; values are clamped to [0, 1] after each."""
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
    """Multiplies each image by its factor."""
    return (images_N3SS * _per_picture(factors_N)).clamp_(0, 1)


def change_contrast(images_N3SS: Tensor, factors_N: Tensor) -> Tensor:
    """Multiplies each image's distance from its mean grey by its factor."""
    mean_N111 = rgb_to_grayscale(images_N3SS).mean(dim=(1, 2, 3), keepdim=True)
    return torch.lerp(mean_N111, images_N3SS, _per_picture(factors_N)).clamp_(0, 1)


def change_saturation(images_N3SS: Tensor, factors_N: Tensor) -> Tensor:
    """Multiplies each pixel's distance from its grey by its image's factor."""
    return torch.lerp(rgb_to_grayscale(images_N3SS), images_N3SS, _per_picture(factors_N)).clamp_(0, 1)


def turn_hue(images_N3SS: Tensor, degrees_N: Tensor) -> Tensor:
    """Rotates the hue (of hue, saturation, value) of each image; 120° turns red into green and green into blue."""
    red, green, blue = images_N3SS.unbind(1)
    value_NSS = images_N3SS.amax(1)
    range_NSS = value_NSS - images_N3SS.amin(1)
    divisor_NSS = torch.where(range_NSS > 0, range_NSS, 1.0)  # grey has no hue; any value will do
    sixths_NSS = torch.where(
        value_NSS == red,
        (green - blue) / divisor_NSS,
        torch.where(value_NSS == green, 2 + (blue - red) / divisor_NSS, 4 + (red - green) / divisor_NSS),
    )
    sixths_NSS = sixths_NSS + degrees_N[:, None, None] / 60
    # Red lies at 0, green at 2, blue at 4. Within a sixth of the circle from a colour, that channel has the full value; beyond two sixths,
    # it is the value minus the range, and linear between. The code rounds, because torch's remainder is many times slower.
    away_N3SS = sixths_NSS.unsqueeze(1) - torch.tensor([0.0, 2.0, 4.0], device=images_N3SS.device)[:, None, None]
    away_N3SS = away_N3SS.sub_(6 * (away_N3SS / 6).round_()).abs_()
    return (value_NSS.unsqueeze(1) - range_NSS.unsqueeze(1) * away_N3SS.sub_(1).clamp_(0, 1)).clamp_(0, 1)


def _per_picture(values_N: Tensor) -> Tensor:
    return values_N[:, None, None, None]
