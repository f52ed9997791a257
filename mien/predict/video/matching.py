"""Finds a known face in another frame, near a guess, by normalised cross-correlation (Lewis, Fast Normalized Cross-Correlation, 1995)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.align.geometry import Box, Face

_FACE_PX = 24  # the longer side of the face in the reduced images that are compared
_REACH = 0.3  # how far from the guess is searched, in sides of the face
_SHARPNESS = 4  # a power of the correlation: of two matches, a clear one counts more than a vague one
_DOUBT = 0.02  # the weight of the guess beside those of the matches, of which each is at most its share of the time
_NOISE = 4.0  # grey levels, a standard deviation: what varies less, such as an even ground, does not count as alike

Point = tuple[float, float]


@dataclass(frozen=True)
class Seen:
    """A face in the image in which it was found."""

    image: Image.Image
    face: Face


def between(before: Seen, after: Seen, image: Image.Image, *, share: float) -> Face:
    """The face in an image that lies at `share`, from 0 to 1, of the time between two others.

    Its size and its landmarks lie on the line between those of the two. So does its place, unless the face as it looks in them is found
    nearby; of the two places that are found, the one that is nearer in time or more alike counts more.
    """
    guess = even_way(before.face, after.face, share)
    x, y = guess.centre
    places, weights = [(x, y)], [_DOUBT]
    for seen, weight in ((before, 1 - share), (after, share)):
        place, likeness = _found(seen, image, near=(x, y))
        places.append(place)
        weights.append(weight * max(0.0, likeness) ** _SHARPNESS)
    (right, down), total = np.array(places).T @ np.array(weights), sum(weights)
    return _moved(guess, float(right / total - x), float(down / total - y))


def even_way(first: Face, second: Face, share: float) -> Face:
    """The face at a share of the way from one to the other."""
    left, top, right, bottom = (a + share * (b - a) for a, b in zip(first.box, second.box, strict=True))
    landmarks = first.landmarks + share * (second.landmarks - first.landmarks)
    return Face((left, top, right, bottom), min(first.score, second.score), landmarks)


def _found(seen: Seen, image: Image.Image, *, near: Point) -> tuple[Point, float]:
    """The centre of the place in the image that looks most like the face as it was seen, and the correlation there, from -1 to 1."""
    scale = min(1.0, _FACE_PX / seen.face.side_px)
    left, top, right, bottom = seen.face.box
    reach = _REACH * seen.face.side_px
    width, height = right - left, bottom - top
    window: Box = (near[0] - width / 2 - reach, near[1] - height / 2 - reach, near[0] + width / 2 + reach, near[1] + height / 2 + reach)
    face_hw, window_HW = _grey(seen.image, seen.face.box, scale), _grey(image, window, scale)
    if min(face_hw.shape) < 4 or any(small > large for small, large in zip(face_hw.shape, window_HW.shape, strict=True)):
        return near, 0.0
    parts_YXhw = np.lib.stride_tricks.sliding_window_view(window_HW, face_hw.shape)
    face_hw = face_hw - face_hw.mean()
    sums_YX = np.einsum("yxhw,hw->yx", parts_YXhw, face_hw) / face_hw.size
    likeness_YX = sums_YX / (parts_YXhw.std(axis=(2, 3)) * face_hw.std() + _NOISE**2)
    y, x = np.unravel_index(int(likeness_YX.argmax()), likeness_YX.shape)
    steps_x, steps_y = likeness_YX.shape[1] - 1, likeness_YX.shape[0] - 1
    place = (near[0] + reach * _offset(int(x), steps_x), near[1] + reach * _offset(int(y), steps_y))
    return place, float(likeness_YX[y, x])


def _offset(step: int, steps: int) -> float:
    """From -1 for the first of several steps to 1 for the last."""
    return 2 * step / steps - 1 if steps else 0.0


def _grey(image: Image.Image, box: Box, scale: float) -> NDArray[np.float32]:
    """The grey levels of a box, reduced; what lies outside the image is black."""
    left, top, right, bottom = (round(edge) for edge in box)
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    return np.asarray(
        image.crop((left, top, right, bottom)).convert("L").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), np.float32
    )


def _moved(face: Face, right_px: float, down_px: float) -> Face:
    left, top, right, bottom = face.box
    return Face(
        (left + right_px, top + down_px, right + right_px, bottom + down_px), face.score, face.landmarks + np.array([right_px, down_px])
    )
