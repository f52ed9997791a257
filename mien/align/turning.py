"""Finds faces in images that are stored sideways or upside down, by trying all four quarter turns.

A detector of upright faces also finds faces in many sideways images, but seldom with a high score. benchmarks/turns.py measures the effect
of each rule below on real photographs. An image in which a face is found with a very high score as stored is searched only once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image, ImageOps

from mien.align.geometry import Box, Face, Points

# For the image as stored, its score is used. For a rotated image, it is the mean of its score and the score of its mirror image, because a
# detector seldom makes the same mistake on both.
SURE = 0.9995  # from this score on no other rotation is tried; 1 in 16,000 sideways images had a false face with a higher score
LEAST = 0.97  # minimum for a rotated image; below it, most detections in wrongly rotated images are hands, masks or heads in profile
MARGIN = 3.0  # 1 - score must be this many times smaller after the rotation; for a head tilted by 45 degrees either rotation is right

TURNS_DEG = (90, 270, 180)  # the order of preference for equal scores
_TRANSPOSED = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}  # PIL's are anticlockwise


class Detector(Protocol):
    """Finds the upright faces of an RGB image, as mien.align.mtcnn.FaceDetector does."""

    def detect(self, image: Image.Image) -> list[Face]: ...


@dataclass(frozen=True)
class Doubted:
    """The best score of another rotation, where it was not high enough to rotate the image."""

    turn_deg: int
    score: float


@dataclass(frozen=True)
class Found:
    """The faces of one image and how it was rotated to make them upright.

    Args:
        image: the rotated image
        turn_deg: the clockwise rotation: 0, 90, 180 or 270
        faces: all faces that the detector found in `image`, whatever their score
        doubted: the best result of the other rotations, if it was better, but not by enough to rotate the image
    """

    image: Image.Image
    turn_deg: int
    faces: list[Face]
    doubted: Doubted | None = None


def turned(image: Image.Image, turn_deg: int) -> Image.Image:
    """The image rotated clockwise by 0, 90, 180 or 270 degrees, without resampling."""
    return image.transpose(_TRANSPOSED[turn_deg]) if turn_deg else image


def box_before(box: Box, *, turn_deg: int, turned_px: tuple[int, int]) -> Box:
    """Maps a box of a rotated image, whose (width, height) is `turned_px`, to a box of the image before the rotation."""
    corners: Points = np.array(box, float).reshape(2, 2)
    width_px, height_px = turned_px
    for _ in range(turn_deg // 90):  # each step undoes one clockwise quarter turn: the right edge was the top
        corners = np.stack([corners[:, 1], width_px - corners[:, 0]], axis=1)
        width_px, height_px = height_px, width_px
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom


def find_faces(image: Image.Image, detector: Detector, *, turns: bool, min_score: float) -> Found:
    """Detects faces in the image as stored or, with `turns`, in the rotation with the highest score.

    The image is rotated only if the rotated image has a face of at least `min_score`, the mean of its score and that of its mirror image is
    at least LEAST, and 1 minus this mean is at most 1 / MARGIN of 1 minus the best score of the image as stored.
    """
    faces = detector.detect(image)
    upright = best_score(faces) or 0.0
    if not turns or upright >= max(SURE, min_score):
        return Found(image, 0, faces)

    def is_surer(mean: float) -> bool:
        return mean >= LEAST and MARGIN * (1 - mean) <= 1 - upright

    doubted = None
    others = [Found(other := turned(image, turn_deg), turn_deg, detector.detect(other)) for turn_deg in TURNS_DEG]
    for found in sorted(others, key=lambda found: -(best_score(found.faces) or 0.0)):
        score = best_score(found.faces) or 0.0
        if score >= min_score and is_surer((score + 1) / 2):  # the mirror image may yet confirm it
            again = best_score(detector.detect(ImageOps.mirror(found.image))) or 0.0
            if is_surer((score + again) / 2):
                return found
        if doubted is None and score > upright:
            doubted = Doubted(found.turn_deg, score)
    return Found(image, 0, faces, doubted)


def best_score(faces: Sequence[Face]) -> float | None:
    """The best score of all faces; None if there are no faces."""
    return max((face.score for face in faces), default=None)
