"""Plots over time: lines where the probabilities are, gaps where there is no answer, labels that do not cover each other."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from mien.predict.drawing.lines import dashed, nice_ticks, spread
from mien.predict.drawing.text import COLOURS, FAINT, TRACK
from mien.predict.drawing.timeline import MAX_CHARTS, timeline, tracks_of
from mien.predict.preparing import FaceImage
from mien.predict.rows import Row

CLASSES = [f"class {number}" for number in range(9)]
FACE = FaceImage(np.zeros((0, 0, 3), np.uint8), None, None)


def row(time_s: float, shares: list[float], face: int = 1, *, unsure: bool = False) -> Row:
    return Row("f", face, 1, FACE, shares, CLASSES[int(np.argmax(shares))], unsure, time_s=time_s)


def pixels(frames: list[list[Row]], classes: list[str] = CLASSES[:2]) -> np.ndarray:
    return np.asarray(timeline(frames, classes, title="film.mp4", note="model fer")).astype(int)


def at(found: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where a colour is within the charts, left of the names."""
    return (found[:, :1090] == np.array(colour)).all(axis=2)


def test_lines_lie_at_the_probabilities() -> None:
    found = pixels([[row(0.1 * number, [0.75, 0.25])] for number in range(50)])
    first, second = (np.argwhere(at(found, colour))[:, 0] for colour in COLOURS[:2])
    assert np.ptp(first) <= 3 and np.ptp(second) <= 3
    axis = np.flatnonzero(at(found, TRACK).sum(axis=1) > 500)  # the lines of 0 %, 50 % and 100 %
    height = np.ptp(axis)
    assert (axis.max() - first.mean()) / height == pytest.approx(0.75, abs=0.02)
    assert (axis.max() - second.mean()) / height == pytest.approx(0.25, abs=0.02)


def test_a_line_is_broken_where_there_is_no_answer() -> None:
    frames = [
        [row(0.1 * number, [0.75, 0.25])] if not 20 <= number < 30 else [Row("f", reason="no_face", time_s=0.1 * number)]
        for number in range(50)
    ]
    columns = at(pixels(frames), COLOURS[0]).any(axis=0)
    _, num = ndimage.label(columns)
    assert num == 2 and columns.sum() == pytest.approx(38 / 49 * np.ptp(np.flatnonzero(columns)), rel=0.03)


def test_marks_show_where_answers_are_not_sure() -> None:
    marks = at(pixels([[row(0.1 * number, [0.75, 0.25], unsure=number < 25)] for number in range(51)]), FAINT)
    row_of_marks = marks[marks.sum(axis=1).argmax()]
    assert np.flatnonzero(row_of_marks).max() < 600 and row_of_marks.sum() > 400


def test_each_face_has_a_chart_up_to_a_number() -> None:
    frames = [[row(0.1 * number, [0.6, 0.4], face) for face in range(1, 10) if number < 20 - face] for number in range(20)]
    tracks = tracks_of(frames)
    assert sorted(tracks) == list(range(1, 10)) and sum(each is not None for each in tracks[9]) == 11
    heights = [timeline(frames[:1], CLASSES[:2], title="f", note="n").height]
    heights += [
        timeline([[row(0.0, [0.6, 0.4], face) for face in range(1, 1 + num)]], CLASSES[:2], title="f", note="n").height for num in (1, 2, 3)
    ]
    assert len(set(np.diff(heights[1:]))) == 1 and heights[0] == heights[1] + (MAX_CHARTS - 1) * (heights[2] - heights[1])


def test_no_frame_one_frame_and_many_classes_are_drawn() -> None:
    assert timeline([], CLASSES, title="f", note="n").width == 1200
    assert timeline([[Row("f", reason="no_face", time_s=0.0)]], CLASSES, title="f", note="n").width == 1200
    found = timeline([[row(0.0, [1 / 30] * 30)]], [f"class {number}" for number in range(30)], title="a\nb\x1b", note="n")
    assert isinstance(found, Image.Image)
    a, b = ([[row(0.1 * n, np.random.default_rng(n).dirichlet(np.ones(9)).tolist())] for n in range(9)] for _ in range(2))
    assert timeline(a, CLASSES, title="f", note="n").tobytes() == timeline(b, CLASSES, title="f", note="n").tobytes()


def test_the_colours_differ_for_people_who_see_no_red_or_no_green() -> None:
    """Machado et al. 2009, protanopia and deuteranopia, as distances in sRGB levels."""
    lost = (
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    )
    light = (np.array(COLOURS) / 255) ** 2.2
    for matrix in (np.eye(3), *map(np.array, lost)):
        seen = 255 * (light @ np.array(matrix).T).clip(0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)[np.triu_indices(len(seen), 1)]
        assert apart.min() > 30


@pytest.mark.parametrize("last", [0.04, 1.0, 7.3, 59.9, 3600.0])
def test_ticks_are_few_and_round(last: float) -> None:
    ticks = nice_ticks(last)
    assert ticks[0] == 0 and 3 <= len(ticks) <= 11 and ticks[-1] <= last < 2 * ticks[-1]


def test_labels_are_apart_and_stay_where_they_can() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        wanted = rng.uniform(0, 100, rng.integers(1, 9)).tolist()
        places = spread(wanted, least=12, low=0, high=100)
        ordered = np.sort(places)
        assert (np.diff(ordered) >= 12 - 1e-9).all() and ordered[0] >= -1e-9 and ordered[-1] <= 100 + 1e-9
        assert (np.argsort(places) == np.argsort(wanted)).all()
    assert spread([10, 50, 90], least=12, low=0, high=100) == [10, 50, 90]


def test_dashes_cover_a_fixed_share_of_a_line() -> None:
    pieces = list(dashed([(0, 0), (300, 0), (300, 400)]))
    drawn = sum(np.hypot(*np.diff(np.array(piece), axis=0).T).sum() for piece in pieces)
    assert drawn == pytest.approx(0.6 * 700, abs=6) and len(pieces) == 70
