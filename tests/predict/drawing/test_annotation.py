"""Annotated pictures: their size, what stays as it was, and what is drawn."""

import numpy as np
import pytest
from PIL import Image

from mien.predict.drawing.annotation import MAX_PANELS, annotated, heading, layout_for
from mien.predict.drawing.text import COLOURS, FAINT, INK, PAPER, fitting, font, width_px
from mien.predict.preparing import FaceImage
from mien.predict.rows import Row
from tests.predict.network import CLASSES, answer

ABOUT = answer()
NO_PIXELS = np.zeros((0, 0, 3), np.uint8)
Box = tuple[float, float, float, float]


def picture(width_px: int, height_px: int) -> Image.Image:
    """Colours that are none of those that are drawn."""
    levels = np.random.default_rng(0).integers(130, 200, (height_px, width_px, 3), dtype=np.uint8)
    return Image.fromarray(levels)


def row(box: Box | None, shares: tuple[float, ...] = (0.7, 0.2, 0.1), *, face: int = 1, unsure: bool = False) -> Row:
    return Row("a.png", face, 1, FaceImage(NO_PIXELS, box, 1.0), list(shares), CLASSES[int(np.argmax(shares))], unsure)


@pytest.mark.parametrize("size", [(24, 20), (48, 48), (100, 300), (640, 480), (3000, 2000)])
@pytest.mark.parametrize("num_faces", [0, 1, 9])
def test_the_picture_is_unchanged_but_for_boxes_and_labels(size: tuple[int, int], num_faces: int) -> None:
    width, height = size
    original = picture(*size)
    boxes = [(0.1 * n * width, 0.3 * height, (0.1 * n + 0.1) * width, 0.6 * height) for n in range(num_faces)]
    rows = [row(box, face=n + 1) for n, box in enumerate(boxes)] or [Row("a.png", reason="no_face")]
    found = annotated(original, rows, ABOUT)
    plan = layout_for(size, ABOUT, num_panels=min(num_faces, MAX_PANELS))
    assert found.size == plan.size_px and plan.size_px[0] % 2 == plan.size_px[1] % 2 == 0
    scale = plan.scale
    assert min(size) * scale >= 240 and (scale == 1 or min(size) * (scale - 1) < 240)
    shown = np.asarray(found)[: height * scale, : width * scale]
    changed = (shown != np.asarray(original).repeat(scale, 0).repeat(scale, 1)).any(axis=2)
    allowed = np.zeros_like(changed)
    line = round(1.35 * plan.text_px) + 1
    for left, top, right, bottom in boxes:
        y0, y1, x0, x1 = (round(edge * scale) for edge in (top, bottom, left, right))
        allowed[max(0, y0 - line) : y1 + 1, max(0, x0 - plan.picture_px[0]) :] = True  # labels may be moved to the left, to fit
        allowed[y0 : y1 + 1, x0 : x1 + 1] = True
        inner = changed[y0 + line : y1 - line, x0 + line : x1 - line]
        assert not inner.any() or num_faces > 1, "what is in the box stays, too"
    assert not (changed & ~allowed).any()
    assert changed.any() == bool(num_faces)


def test_the_box_lies_at_the_edge_of_the_face_and_shows_on_every_ground() -> None:
    for level in (0, 128, 255):
        found = np.asarray(annotated(Image.new("RGB", (400, 300), (level,) * 3), [row((100, 80, 200, 220))], ABOUT))
        across = found[150, 95:106].astype(int).tolist()
        assert list(PAPER) in across and list(INK) in across
        assert (found[150, :100] == level).all() and (found[150, 110:190] == level).all()


def test_bars_are_as_long_as_the_probabilities_and_grey_if_unsure() -> None:
    size, shares = (400, 300), (0.5, 0.3, 0.2)
    plan = layout_for(size, ABOUT, num_panels=1)
    for unsure in (False, True):
        panel = np.asarray(annotated(Image.new("RGB", size), [row(None, shares, unsure=unsure)], ABOUT))[:, size[0] :]
        lengths = []
        for place in range(3):
            line = panel[round(1.35 * plan.text_px * (place + 1.75))]
            colours = (COLOURS[0], FAINT) if not unsure else (FAINT,)
            lengths.append(sum((line == np.array(colour)).all(axis=1).sum() for colour in colours))
        np.testing.assert_allclose(np.array(lengths) / sum(lengths), shares, atol=0.02)
        assert (panel == np.array(COLOURS[0])).all(axis=2).any() != unsure


def test_headings_say_what_is_not_sure() -> None:
    assert heading(row(None), is_numbered=False) == "happy 70%"
    assert heading(row(None, unsure=True, face=2), is_numbered=True) == "2  not sure: happy 70%"


def test_all_frames_of_a_layout_have_one_size_whatever_they_show() -> None:
    plan = layout_for((320, 200), ABOUT, num_panels=4)
    sizes = {
        annotated(picture(320, 200), [row((9, 9, 60, 60), face=n) for n in range(1, 1 + num)], ABOUT, plan).size for num in range(1, 5)
    }
    assert sizes == {plan.size_px}


@pytest.mark.parametrize("name", ["happy", "a very long name of an expression that nobody would give it", "élan", "two\nlines\x1b[2J"])
def test_text_fits_its_place_in_one_line(name: str) -> None:
    about = answer(classes=[name, "sad", "angry"])
    found = annotated(picture(300, 240), [Row("a", 1, 1, FaceImage(NO_PIXELS, (5, 5, 60, 60), 1.0), [0.9, 0.05, 0.05], name)], about)
    assert found.width < 300 + 500
    for room_px in (30, 80, 300):
        assert width_px(fitting(name, 14, room_px=room_px), 14) <= room_px and "\n" not in fitting(name, 14, room_px=room_px)
    assert font(14) is font(14)
