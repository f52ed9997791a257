"""Covered mouth: a mask, a hand, a cup."""

import numpy as np

from mien.robustness.corruption import OWN, Corruption, Face, Pixels
from mien.robustness.corruptions._covering import AMOUNT, SIZES, covered


def without_mouth(face: Face, size: float, _: np.random.Generator) -> Pixels:
    """With the region of the mouth covered (mien/explain/regions.py)."""
    return covered(face, "mouth", size)


CORRUPTION = Corruption(title="covered mouth", amounts=SIZES, amount=AMOUNT, source=OWN, apply=without_mouth, needs_landmarks=True)
