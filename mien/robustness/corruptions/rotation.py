"""Rotation: a head that is tilted. Faces are cut upright (`faces.turns` levels photographs by quarter turns only), so a tilt remains.

The largest angle is that of Engstrom et al. 2019, "Exploring the landscape of spatial robustness", arXiv:1712.02779.
"""

import math

import numpy as np
from PIL import Image

from mien.robustness.corruption import OWN, Corruption, Face, Pixels

OUTSIDE = (math.sqrt(2) - 1) / 2
"""the share of the side by which the corners of a rotated square lie outside it, at most"""


def tilted(face: Face, angle_deg: float, draws: np.random.Generator) -> Pixels:
    """Rotated about the centre by the angle in a direction that is drawn (bicubic). What lies beyond the border is its reflection."""
    signed_deg = angle_deg if draws.random() < 0.5 else -angle_deg
    around_px = min(face.side_px, math.ceil(OUTSIDE * face.side_px) + 2)
    padded = np.pad(face.image_SS3, ((around_px, around_px), (around_px, around_px), (0, 0)), mode="symmetric")
    turned = np.asarray(Image.fromarray(padded).rotate(signed_deg, Image.Resampling.BICUBIC))
    return turned[around_px : around_px + face.side_px, around_px : around_px + face.side_px]


CORRUPTION = Corruption(
    title="rotation",
    amounts=(6, 12, 18, 24, 30),
    amount="degrees",
    source=OWN,
    apply=tilted,
)
