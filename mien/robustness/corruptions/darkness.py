"""Darkness: too little light, without the noise that comes with it (see gaussian_noise). ImageNet-C has only brighter images."""

import numpy as np

from mien.robustness.corruption import OWN, Corruption, Face, Pixels, rounded

LINEAR_UP_TO, LINEAR_FACTOR, OFFSET, GAMMA = 0.04045, 12.92, 0.055, 2.4  # sRGB, IEC 61966-2-1


def darkened(face: Face, stops: float, _: np.random.Generator) -> Pixels:
    """With 2^-stops of the light. Pixels are converted to linear light and back by the curve of sRGB, and rounded to 8 bits."""
    return rounded(255 * to_srgb(to_linear(face.image_SS3 / 255) * 2.0**-stops))


def to_linear(values: np.ndarray) -> np.ndarray:
    """Linear light of sRGB values, both 0 to 1."""
    return np.where(values <= LINEAR_UP_TO, values / LINEAR_FACTOR, ((values + OFFSET) / (1 + OFFSET)) ** GAMMA)


def to_srgb(light: np.ndarray) -> np.ndarray:
    """The inverse of `to_linear`."""
    return np.where(light <= LINEAR_UP_TO / LINEAR_FACTOR, light * LINEAR_FACTOR, (1 + OFFSET) * light ** (1 / GAMMA) - OFFSET)


CORRUPTION = Corruption(
    title="darkness",
    amounts=(1, 2, 3, 4, 5),
    amount="stops of light taken away",
    source=OWN,
    apply=darkened,
)
