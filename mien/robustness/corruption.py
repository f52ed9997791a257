"""What a corruption is: how a face is made worse, and the five strengths of it.

Each corruption is a file of mien/robustness/corruptions with CORRUPTION. Published values are those of the authors of ImageNet-C for images
of 64 px (Hendrycks and Dietterich 2019, "Benchmarking neural network robustness to common corruptions and perturbations",
arXiv:1903.12261; the strengths are in their code, as Tiny ImageNet-C). Of their three tables (for 224, 64 and 32 px) it is the one nearest
to the sides at which faces are stored and given to networks (48 to 112 px). Lengths are shares of the side, so that the same share of a
face is blurred at any size. Values of a pixel or a block (noise, JPEG) are used as they are, because a camera and a file have them per
pixel, whatever the size of the face.

Shapes: S×S pixels, 3 colours.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
NUM_STRENGTHS = 5
PUBLISHED_PX = 64
"""the side of the images for which the published strengths are made"""
PUBLISHED = "Hendrycks and Dietterich 2019, the authors' values for 64 px"
OWN = "ours"


@dataclass(frozen=True)
class Face:
    """A stored face before it is resized for a network."""

    image_SS3: Pixels
    landmarks_10: NDArray[np.float64]
    """x and y of left eye, right eye, nose, left and right mouth corner, as shares of the side; NaN without landmarks"""

    @property
    def side_px(self) -> int:
        side_px: int = self.image_SS3.shape[0]
        return side_px

    @property
    def has_landmarks(self) -> bool:
        return bool(np.isfinite(self.landmarks_10).all())


@dataclass(frozen=True)
class Corruption:
    """A way in which photographs are worse."""

    title: str
    amounts: tuple[float, float, float, float, float]
    """what `apply` is given at the strengths 1 to 5"""
    amount: str
    """what the amounts are, with their unit"""
    source: str
    """where the amounts are from: PUBLISHED or OWN"""
    apply: Callable[[Face, float, np.random.Generator], Pixels]
    """the face with an amount of the corruption, of the same size; the random generator decides whatever is drawn"""
    needs_landmarks: bool = False


def rounded(values_SS3: NDArray[np.floating]) -> Pixels:
    """The nearest grey levels, 0 to 255."""
    levels_SS3: Pixels = np.clip(np.rint(values_SS3), 0, 255).astype(np.uint8)
    return levels_SS3
