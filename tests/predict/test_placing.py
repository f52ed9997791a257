"""The corners of a square: between them, the photograph shows what the network is given."""

import math

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import map_coordinates

from mien.align.geometry import Face
from mien.align.turning import TURNS_DEG, Found, turned
from mien.config.sections.faces import FaceParams
from mien.predict.placing import Corners, whole_corners
from mien.predict.preparing import face_image, prepare_image
from tests.predict.network import answer

SIDE_PX = 48


def photograph(width_px: int, height_px: int) -> Image.Image:
    """Smooth, and without any symmetry."""
    levels = np.random.default_rng(3).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(levels).resize((width_px, height_px), Image.Resampling.BICUBIC)


def between(image: Image.Image, corners: Corners) -> np.ndarray:
    """The image between the corners as a square of SIDE_PX, sampled at the centres of its pixels; its edge is repeated."""
    origin, across, _, down = np.array(corners)
    steps = (np.arange(SIDE_PX) + 0.5) / SIDE_PX
    v, u = np.meshgrid(steps, steps, indexing="ij")
    x, y = (origin[axis] + u * (across - origin)[axis] + v * (down - origin)[axis] - 0.5 for axis in (0, 1))
    planes = np.asarray(image, float).transpose(2, 0, 1)
    return np.stack([map_coordinates(plane, (y, x), order=1, mode="nearest") for plane in planes], axis=-1)


@pytest.mark.parametrize("turn_deg", [0, *TURNS_DEG])
@pytest.mark.parametrize("tilt_deg", [0, 20])
@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("at", [(150, 90), (20, 15)])
def test_the_photograph_between_the_corners_of_a_face_is_what_the_network_is_given(
    turn_deg: int, tilt_deg: int, scale: int, at: tuple[int, int]
) -> None:
    """Also where the square reaches beyond the photograph."""
    small = photograph(240, 180)
    image = small.resize((240 * scale, 180 * scale), Image.Resampling.BICUBIC)
    x, y = at
    step = np.array([math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))])
    eyes = [(x, y) - 15 * step, (x, y) + 15 * step]
    face = Face((x - 30.0, y - 35.0, x + 30.0, y + 35.0), 1.0, np.array([*eyes, (x, y), (x, y), (x, y)], float))
    about = answer(faces=FaceParams(size_px=SIDE_PX, margin=0.1))
    found = face_image(Found(turned(small, turn_deg), turn_deg, [face]), face, about, photograph_px=image.size)
    assert found.corners is not None
    assert abs(between(image, found.corners) - found.pixels).mean() < 3, "of 255 levels"
    assert abs(between(image, found.corners[1:] + found.corners[:1]) - found.pixels).mean() > 9, "a corner further it is not"


@pytest.mark.parametrize("fit", ["pad", "crop"])
@pytest.mark.parametrize("size", [(240, 180), (90, 150), (100, 100)])
def test_the_corners_of_a_whole_photograph(fit: str, size: tuple[int, int]) -> None:
    image = photograph(*size)
    face = prepare_image(image, answer(faces=FaceParams(detector="none", size_px=SIDE_PX, fit=fit)), None, all_faces=False).faces[0]
    assert face.corners is not None and face.corners == whole_corners(size, fit=fit)
    long, short = max(size), min(size)
    filled = (long - short) * SIDE_PX // (2 * long) + 1 if fit == "pad" else 0
    inner = np.s_[filled : SIDE_PX - filled, :] if size[0] >= size[1] else np.s_[:, filled : SIDE_PX - filled]
    assert abs(between(image, face.corners) - face.pixels)[inner].mean() < 3
