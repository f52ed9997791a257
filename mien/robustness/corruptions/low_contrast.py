"""Low contrast: fog, a dirty lens, a window behind the person."""

import numpy as np

from mien.robustness.corruption import PUBLISHED, Corruption, Face, Pixels, rounded


def faded(face: Face, factor: float, _: np.random.Generator) -> Pixels:
    """With the differences from the mean of each channel multiplied by `factor`."""
    image_SS3 = face.image_SS3.astype(np.float64)
    means_3 = image_SS3.mean(axis=(0, 1))
    return rounded(means_3 + factor * (image_SS3 - means_3))


CORRUPTION = Corruption(
    title="low contrast",
    amounts=(0.4, 0.3, 0.2, 0.1, 0.05),
    amount="factor of the differences from the mean",
    source=PUBLISHED,
    apply=faded,
)
