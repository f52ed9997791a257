"""Quality metrics of an image, computed from its grey levels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Quality:
    """`sharpness` is the variance of the Laplacian, `brightness` the mean and `contrast` the standard deviation of the levels (0-255)."""

    sharpness: float
    brightness: float
    contrast: float


def quality(grey_HW: NDArray[np.uint8]) -> Quality:
    """The metrics of one image. Sharpness follows Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000.

    Sharpness is 0 if a side of the image is shorter than 3 pixels.
    """
    return Quality(_laplacian_variance(grey_HW), float(grey_HW.mean()), float(grey_HW.std()))


def _laplacian_variance(grey_HW: NDArray[np.uint8]) -> float:
    if min(grey_HW.shape) < 3:
        return 0.0
    levels = grey_HW.astype(np.int16)  # int16 can represent four times the highest level, and is read in half the time
    inside = levels[1:-1, 1:-1]
    laplacian = levels[:-2, 1:-1] + levels[2:, 1:-1] + levels[1:-1, :-2] + levels[1:-1, 2:] - 4 * inside
    return float(laplacian.var())
