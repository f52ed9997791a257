"""The geometry that turns an image into a square: around a face, with its eyes level, or around the whole image.

Coordinates are in pixels from the top left corner of the image; pixel i covers i to i + 1. No function here enlarges an image.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

Points = npt.NDArray[np.float64]  # (n, 2): x, y
Box = tuple[float, float, float, float]  # left, top, right, bottom

# Share of the face's side. In profile the eyes are closer together than this, and the line between them depends on how the head is turned,
# not on how it is tilted. On 440 photographs with eyes further apart, this line and the line from eyes to mouth agree within a few degrees.
_NEAREST_EYES = 0.2


@dataclass(frozen=True)
class Face:
    """One detected face: box (left, top, right, bottom), detector score from 0 to 1, and five landmarks (5, 2) as x and y:
    left eye, right eye, nose, left and right corner of the mouth, where left and right are those of the viewer."""

    box: Box
    score: float
    landmarks: Points

    @property
    def centre(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    @property
    def side_px(self) -> float:
        """The longer side of the box."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)


def choose_face(faces: Sequence[Face], width_px: int, height_px: int, *, choose: Literal["largest", "central"]) -> Face:
    """The face with the largest box, or the one whose centre is nearest to the centre of the image; the higher score breaks a tie."""
    if choose == "largest":
        return max(faces, key=lambda face: (face.side_px, face.score))
    return min(faces, key=lambda face: (math.dist(face.centre, (width_px / 2, height_px / 2)), -face.score))


@dataclass(frozen=True)
class Square:
    """A rotated square in an image: top-left corner, side, and the direction of its upper edge in radians (0: upright)."""

    left: float
    top: float
    side_px: int
    angle: float

    def to_square(self, points: Points, *, size_px: int) -> Points:
        """Maps points of the image to points of the square scaled to `size_px`."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        mapped: Points = (points - (self.left, self.top)) @ turn.T * (size_px / self.side_px)
        return mapped


def square_around(face: Face, *, margin: float) -> Square:
    """The square that is level with the face's eyes and centred on its box, with a margin of `margin` times the box's longer side.

    A face in profile is not rotated. The corner lies on the pixel grid, so that an upright face is cropped without resampling.
    """
    (left_x, left_y), (right_x, right_y) = face.landmarks[0], face.landmarks[1]
    apart = math.hypot(right_x - left_x, right_y - left_y)
    angle = math.atan2(right_y - left_y, right_x - left_x) if apart > _NEAREST_EYES * face.side_px else 0.0
    return square_on(face.box, margin=margin, angle=angle)


def square_on(box: Box, *, margin: float, angle: float = 0.0) -> Square:
    """The square of a direction that is centred on a box, with a margin of `margin` times the box's longer side. Its corner lies on the
    pixel grid."""
    left, top, right, bottom = box
    side_px = max(1, math.floor(max(right - left, bottom - top) * (1 + 2 * margin)))
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = (left + right) / 2, (top + bottom) / 2
    half = side_px / 2
    return Square(left=round(x - cos * half + sin * half), top=round(y - sin * half - cos * half), side_px=side_px, angle=angle)


def cut(image: Image.Image, square: Square, *, size_px: int) -> Image.Image:
    """Crops the square to an image of side min(size_px, side of the square); outside the image its edge pixels are repeated.

    The edge is repeated, not mirrored, because mirroring would show parts of the face twice.
    """
    cos, sin = math.cos(square.angle), math.sin(square.angle)
    # Interpolation reads up to two pixels beyond the corners of the square.
    xs = [square.left + square.side_px * step for step in (0, cos, -sin, cos - sin)]
    ys = [square.top + square.side_px * step for step in (0, sin, cos, sin + cos)]
    padding = [max(0, math.ceil(reach) + 2) for reach in (-min(xs), -min(ys), max(xs) - image.width, max(ys) - image.height)]
    left, top, right, bottom = padding
    if any(padding):
        image = Image.fromarray(np.pad(np.asarray(image), ((top, bottom), (left, right), (0, 0)), mode="edge"))
    x, y = square.left + left, square.top + top
    if square.angle == 0:
        upright = image.crop((round(x), round(y), round(x) + square.side_px, round(y) + square.side_px))
    else:
        affine = (cos, -sin, x, sin, cos, y)
        upright = image.transform((square.side_px, square.side_px), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
    return shrink(upright, size_px=size_px)


def fit_whole(image: Image.Image, *, fit: Literal["pad", "crop"], size_px: int) -> Image.Image:
    """The whole image as a square of side at most `size_px`: cropped to its middle, or padded evenly with its mean colour."""
    width_px, height_px = image.size
    side_px = (min if fit == "crop" else max)(image.size)
    if width_px == height_px:
        square = image
    elif fit == "crop":
        left, top = (width_px - side_px) // 2, (height_px - side_px) // 2
        square = image.crop((left, top, left + side_px, top + side_px))
    else:
        red, green, blue = (round(level) for level in np.asarray(image).mean((0, 1)))
        square = Image.new("RGB", (side_px, side_px), (red, green, blue))
        square.paste(image, ((side_px - width_px) // 2, (side_px - height_px) // 2))
    return shrink(square, size_px=size_px)


def shrink(square: Image.Image, *, size_px: int) -> Image.Image:
    """The square reduced to `size_px` with antialiasing; a smaller square is returned unchanged."""
    return square if square.width <= size_px else square.resize((size_px, size_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
