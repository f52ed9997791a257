"""Covered eyes: sunglasses, a hand, hair."""

import numpy as np

from mien.robustness.corruption import OWN, Corruption, Face, Pixels
from mien.robustness.corruptions._covering import AMOUNT, SIZES, covered


def without_eyes(face: Face, size: float, _: np.random.Generator) -> Pixels:
    """With the region of the eyes covered (mien/explain/regions.py)."""
    return covered(face, "eyes", size)


CORRUPTION = Corruption(title="covered eyes", amounts=SIZES, amount=AMOUNT, source=OWN, apply=without_eyes, needs_landmarks=True)
