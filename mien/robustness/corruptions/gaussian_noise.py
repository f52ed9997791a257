"""Gaussian noise: a sensor with little light."""

import numpy as np

from mien.robustness.corruption import PUBLISHED, Corruption, Face, Pixels, rounded


def noisy(face: Face, sigma: float, draws: np.random.Generator) -> Pixels:
    """With independent normal noise of standard deviation `sigma` (a share of white) in every channel of every pixel.

    An image without colour is given the same noise in all channels, because it is from a camera without colour.
    """
    image_SS3 = face.image_SS3.astype(np.float64)
    is_grey = bool((image_SS3 == image_SS3[..., :1]).all())
    noise = draws.standard_normal((*image_SS3.shape[:2], 1 if is_grey else 3))
    return rounded(image_SS3 + 255 * sigma * noise)


CORRUPTION = Corruption(
    title="Gaussian noise",
    amounts=(0.04, 0.08, 0.12, 0.15, 0.18),
    amount="standard deviation per pixel, share of white",
    source=PUBLISHED,
    apply=noisy,
)
