"""Finds cuts in a video: places where one frame shows something else than the frame before, and not the same from another side."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Small = NDArray[np.float32]

# Measured on pairs of crops of 40 photographs: 0.8 % of different photographs are more alike than MIN_LIKENESS (a third of these are
# copies), and no two crops of one photograph whose distance is at most a fifth of their width are less alike; for 0.3 of the width it is a
# fifth.
MIN_LIKENESS = 0.7
SMALL_PX = (24, 14)
_MOST_SHIFTS = (6, 1)  # in pixels of the small frame, horizontally and vertically: cameras pan more than they tilt


def small(image: Image.Image) -> Small:
    """The image at SMALL_PX, in which shifts by a large part of a frame are few pixels."""
    return np.asarray(image.resize(SMALL_PX, Image.Resampling.BILINEAR, reducing_gap=1.0), np.float32)


def is_cut(before: Small, after: Small) -> bool:
    """Whether there is a cut between two small frames: no shift makes them alike. A change of brightness is none."""
    across, down = _MOST_SHIFTS
    shifts = [(x, y) for y in range(-down, down + 1) for x in range(-across, across + 1)]
    return max(_likeness(before, after, x, y) for x, y in shifts) < MIN_LIKENESS


def _likeness(before: Small, after: Small, x: int, y: int) -> float:
    """The correlation, from -1 to 1, of what both show if the second is shifted; 1 for two frames of a single level."""
    height, width, _ = before.shape
    first = before[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]
    second = after[max(0, -y) : height + min(0, -y), max(0, -x) : width + min(0, -x)]
    first, second = first - first.mean((0, 1)), second - second.mean((0, 1))
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float((first * second).sum()) / lengths if lengths > 1e-3 else float(np.abs(first - second).max() < 1)
