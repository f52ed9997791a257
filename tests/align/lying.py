"""Drawn faces that may lie on their side, and detectors that find them: of marks only, so that a quarter turn is exact."""

import numpy as np
from PIL import Image

from mien.align.geometry import Box, Face, Points
from mien.align.turning import turned

MARKS = np.array([[210, 40, 41], [42, 211, 43], [44, 45, 212], [213, 214, 46], [47, 215, 216]], np.uint8)  # eyes, nose, mouth corners
FRONTAL = np.array([[-6.0, -5], [6, -5], [0, 2], [-5, 9], [5, 9]])


def with_face(width_px: int, height_px: int, *, at: tuple[int, int], turn_deg: int = 0) -> Image.Image:
    """A picture with one upright face of marks, 30 px wide, at a place; then turned clockwise."""
    y, x = np.mgrid[:height_px, :width_px]
    levels = np.stack([60 + 50 * np.sin(x / 13), 60 + 50 * np.cos(y / 11), 60 + 40 * np.sin((x + 2 * y) / 17)], -1).astype(np.uint8)
    for mark, (right, down) in zip(MARKS, FRONTAL.astype(int), strict=True):
        levels[at[1] + down, at[0] + right] = mark
    return turned(Image.fromarray(levels), turn_deg)


class Marks:
    """Finds the face of marks and is sure of it where it is upright; elsewhere it sees a frontal face there and is mistaken.

    As a detector should be, it is the same for a picture and its mirror image.
    """

    def __init__(self, *, right: float = 0.999, wrong: float = 0.97) -> None:
        self.right, self.wrong, self.num_searched = right, wrong, 0

    def detect(self, image: Image.Image) -> list[Face]:
        self.num_searched += 1
        points = marks_of(image)
        centre = (points.min(axis=0) + points.max(axis=0)) / 2
        box: Box = (centre[0] - 15, centre[1] - 15, centre[0] + 15, centre[1] + 15)
        if points[:2, 1].max() < points[3:, 1].min():
            return [Face(box, self.right, points[np.lexsort((points[:, 0], [0, 0, 1, 2, 2]))])]
        return [Face(box, self.wrong, FRONTAL + centre)]


def marks_of(image: Image.Image) -> Points:
    """Where the marks lie, (5, 2)."""
    levels = np.asarray(image)
    places: list[Points] = [np.argwhere((levels == mark).all(axis=-1)) for mark in MARKS]
    assert all(len(place) == 1 for place in places)
    return np.concatenate(places)[:, ::-1] + 0.5
