"""Where the square that a network is given lies in the upright photograph, so that a map of the square can be laid over it.

A corner is x and y in the photograph's pixels. It may lie outside of the photograph, where the square was filled.
"""

from typing import Literal

import numpy as np

from mien.align.geometry import Points, Square
from mien.align.turning import Found

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""the square's upper left, upper right, lower right and lower left corner, as the network sees it"""

_UNIT: Points = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)


def face_corners(square: Square, found: Found, *, scale: float) -> Corners:
    """The corners of a square of the searched and rotated image `found.image`; `scale` is the photograph's size divided by that image's."""
    cos, sin = np.cos(square.angle), np.sin(square.angle)
    points = (square.left, square.top) + square.side_px * _UNIT @ np.array([[cos, sin], [-sin, cos]])
    width_px, height_px = found.image.size
    for _ in range(found.turn_deg // 90):  # each step undoes one clockwise quarter turn, as mien.align.turning.box_before does
        points = np.stack([points[:, 1], width_px - points[:, 0]], axis=1)
        width_px, height_px = height_px, width_px
    return _corners(scale * points)


def whole_corners(photograph_px: tuple[int, int], *, fit: Literal["pad", "crop"]) -> Corners:
    """The corners of the square that is made of a whole photograph (mien.align.geometry.fit_whole)."""
    side_px = (min if fit == "crop" else max)(photograph_px)
    return _corners((np.array(photograph_px) - side_px) / 2 + side_px * _UNIT)


def scaled(corners: Corners, scale: float) -> Corners:
    """The corners in a picture that is `scale` times larger."""
    return _corners(scale * np.array(corners))


def _corners(points: Points) -> Corners:
    first, second, third, fourth = ((x, y) for x, y in points.tolist())
    return first, second, third, fourth
