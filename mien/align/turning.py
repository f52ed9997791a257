"""Faces in pictures that lie on their side: of a picture's four quarter turns, the one that shows the surest face.

A detector of upright faces finds something in many pictures that lie on their side, too, but seldom surely: benchmarks/turns.py measures
on real photographs what each of the rules below is worth. A picture that shows a sure face as it is stored is searched only once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image, ImageOps

from mien.align.geometry import Box, Face, Points

# Scores of the picture as it is, and means of the scores of a turned picture and of its mirror image (a detector seldom errs twice alike).
SURE = 0.9995  # at which no other turn is looked at; one false face in 16,000 pictures on their side scored more
LEAST = 0.97  # of a turned picture; below it most of what upright pictures show when turned is a hand, a mask or a head in profile
MARGIN = 3.0  # how many times less doubt (1 - score) another turn must leave; of a head tilted by 45 degrees either turn is right

TURNS_DEG = (90, 270, 180)  # in the order in which they are believed where they are equally sure
_TRANSPOSED = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}  # PIL's are anticlockwise


class Detector(Protocol):
    """Finds the upright faces of an RGB picture, as mien.align.mtcnn.FaceDetector does."""

    def detect(self, image: Image.Image) -> list[Face]: ...


@dataclass(frozen=True)
class Doubted:
    """What another quarter turn showed that was not sure enough to turn the picture."""

    turn_deg: int
    score: float


@dataclass(frozen=True)
class Found:
    """The faces of one picture and how it was turned to find them upright.

    Args:
        image: the picture, turned
        turn_deg: by how much, clockwise: 0, 90, 180 or 270
        faces: all that the detector found in `image`, whatever their score
        doubted: the best that other turns showed, if that was better, but not by enough to turn the picture
    """

    image: Image.Image
    turn_deg: int
    faces: list[Face]
    doubted: Doubted | None = None


def turned(image: Image.Image, turn_deg: int) -> Image.Image:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees, without resampling."""
    return image.transpose(_TRANSPOSED[turn_deg]) if turn_deg else image


def box_before(box: Box, *, turn_deg: int, turned_px: tuple[int, int]) -> Box:
    """A box of a turned picture, whose width and height are given, as a box of the picture before the turn."""
    corners: Points = np.array(box, float).reshape(2, 2)
    width_px, height_px = turned_px
    for _ in range(turn_deg // 90):  # each undoes one quarter clockwise: what has become the right edge was the top
        corners = np.stack([corners[:, 1], width_px - corners[:, 0]], axis=1)
        width_px, height_px = height_px, width_px
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom


def find_faces(image: Image.Image, detector: Detector, *, turns: bool, min_score: float) -> Found:
    """What the detector finds, in the picture as it is or, with `turns`, in the quarter turn that shows the surest face.

    The picture is turned only for a face of `min_score` whose turned picture, the mean taken with its mirror image, scores LEAST and
    leaves MARGIN times less doubt than the best of the picture as it is.
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
    """The best score of all faces; None of no face."""
    return max((face.score for face in faces), default=None)
