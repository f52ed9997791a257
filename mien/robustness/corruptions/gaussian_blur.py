"""Gaussian blur: a photograph that is out of focus, or was enlarged."""

import numpy as np
from scipy.ndimage import gaussian_filter

from mien.robustness.corruption import PUBLISHED, PUBLISHED_PX, Corruption, Face, Pixels, rounded


def blurred(face: Face, sigma: float, _: np.random.Generator) -> Pixels:
    """Convolved with a Gaussian of standard deviation `sigma`, a share of the side; pixels beyond the border are those at the border."""
    sigma_px = sigma * face.side_px
    return rounded(gaussian_filter(face.image_SS3.astype(np.float64), (sigma_px, sigma_px, 0), mode="nearest"))


CORRUPTION = Corruption(
    title="Gaussian blur",
    amounts=(0.5 / PUBLISHED_PX, 0.75 / PUBLISHED_PX, 1 / PUBLISHED_PX, 1.25 / PUBLISHED_PX, 1.5 / PUBLISHED_PX),
    amount="standard deviation, share of the side",
    source=PUBLISHED,
    apply=blurred,
)
