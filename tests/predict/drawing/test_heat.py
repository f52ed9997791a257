"""Maps over faces: as the report draws them, at their places, and nowhere else."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from mien.explain.gradcam import upsampled
from mien.predict.drawing import heat
from mien.predict.drawing.annotation import annotated
from mien.predict.drawing.heat import lay_map
from mien.predict.drawing.overlay import overlay
from mien.predict.placing import Corners
from mien.predict.preparing import FaceImage
from mien.predict.rows import Row
from tests.predict.network import CLASSES, answer

MAP = np.array([[1, 0.2, 0], [0.5, 0, 0], [0, 0, 0.1]], np.float32)


def picture(width_px: int = 120, height_px: int = 90) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8))


def upright(left: float, top: float, side_px: float) -> Corners:
    return (left, top), (left + side_px, top), (left + side_px, top + side_px), (left, top + side_px)


@pytest.mark.parametrize("band_px", [7, 256])
def test_an_upright_square_looks_as_in_the_report(band_px: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heat, "_BAND_PX", band_px)
    image, before = picture(), np.asarray(picture())
    lay_map(image, MAP, upright(30, 20, 60), within_px=image.size)
    found = np.asarray(image)
    expected = overlay(before[20:80, 30:90], upsampled(torch.from_numpy(MAP)[None], 60)[0].numpy())
    assert abs(found[20:80, 30:90].astype(int) - expected).max() <= 1, "rounding"
    rest = np.ones(before.shape[:2], bool)
    rest[20:80, 30:90] = False
    np.testing.assert_array_equal(found[rest], before[rest])


def test_a_square_that_lies_on_its_side_has_its_map_turned_with_it() -> None:
    image, turned = picture(90, 90), picture(90, 90).transpose(Image.Transpose.ROTATE_270)  # clockwise
    corners = upright(10, 10, 60)
    lay_map(image, MAP, corners, within_px=image.size)
    first, second, third, fourth = ((90 - y, x) for x, y in corners)
    lay_map(turned, MAP, (first, second, third, fourth), within_px=turned.size)
    np.testing.assert_array_equal(np.asarray(turned), np.asarray(image.transpose(Image.Transpose.ROTATE_270)))


def test_a_tilted_square_and_one_beyond_the_edge_are_cut_off_there() -> None:
    white = Image.new("RGB", (100, 80), (200, 60, 60))
    c, s = 40 * math.cos(0.5), 40 * math.sin(0.5)
    lay_map(white, np.ones((2, 2), np.float32), ((50, 5), (50 + c, 5 + s), (50 + c - s, 5 + s + c), (50 - s, 5 + c)), within_px=(100, 80))
    changed = (np.asarray(white) != (200, 60, 60)).any(axis=-1)
    assert changed.sum() == pytest.approx(1600, rel=0.02)
    for corners in (upright(-20, -20, 30), upright(95, 75, 40), upright(200, 200, 40)):
        edge = Image.new("RGB", (100, 80), (200, 60, 60))
        lay_map(edge, np.ones((2, 2), np.float32), corners, within_px=(90, 80))
        assert (np.asarray(edge) != (200, 60, 60)).any(axis=-1).sum() == {-20: 100, 95: 0, 200: 0}[int(corners[0][0])]


def test_the_map_of_the_shown_class_is_drawn_and_only_where_maps_were_asked_for() -> None:
    image = Image.new("RGB", (300, 260), (120, 120, 120))
    maps_Khw = np.zeros((3, 2, 2), np.float32)
    maps_Khw[0, 0, 0], maps_Khw[1, 1, 1] = 7.0, 0.1
    face = FaceImage(np.zeros((0, 0, 3), np.uint8), None, None, corners=upright(50, 40, 200))
    for label, hot in (("happy", (60, 60)), ("sad", (230, 220)), ("angry", None)):
        row = Row("a.png", 1, 1, face, [0.5, 0.3, 0.2], label, maps=maps_Khw)
        shown = np.asarray(annotated(image, [row], answer()))[:260, :300].astype(int)
        coloured = shown.max(-1) - shown.min(-1) > 30
        assert coloured.any() == (hot is not None), "a map without any evidence has no colours"
        if hot:
            assert coloured[hot[1], hot[0]] and not coloured[260 - hot[1], 300 - hot[0]]
    plain = np.asarray(annotated(image, [Row("a.png", 1, 1, face, [0.5, 0.3, 0.2], "happy")], answer()))[:260, :300]
    assert (plain == 120).all() and CLASSES[0] == "happy"
