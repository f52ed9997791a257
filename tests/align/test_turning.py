"""Laws of pictures that lie on their side: turned upright when that is sure, left alone when it is not."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mien.align.geometry import Face, cut, square_around
from mien.align.turning import LEAST, MARGIN, SURE, TURNS_DEG, Doubted, Found, box_before, find_faces, turned
from tests.align.lying import Marks, marks_of, with_face

ALL_DEG = (0, 90, 180, 270)
CORNERS = ((250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0))  # clockwise from the top left
LANDMARKS = np.array([[20.0, 20], [40, 20], [30, 30], [22, 40], [38, 40]])


class Scripted:
    """Gives each of the eight ways to hold a picture its score; None shows no face."""

    def __init__(self, scores: dict[int, float | None], mirrored: dict[int, float | None] | None = None) -> None:
        self.scores, self.mirrored = scores, scores if mirrored is None else scores | mirrored
        self.searched: list[tuple[int, bool]] = []

    def detect(self, image: Image.Image) -> list[Face]:
        right, bottom = image.width - 1, image.height - 1
        seen = [CORNERS.index(image.getpixel(place)) for place in ((0, 0), (right, 0), (right, bottom), (0, bottom))]  # type: ignore[arg-type]
        is_mirrored = (seen[1] - seen[0]) % 4 == 3
        turn_deg = 90 * (-seen[1 if is_mirrored else 0] % 4)
        self.searched.append((turn_deg, is_mirrored))
        score = (self.mirrored if is_mirrored else self.scores).get(turn_deg)
        return [] if score is None else [Face((10.0, 10.0, 50.0, 50.0), score, LANDMARKS), Face((0.0, 0.0, 9.0, 9.0), score / 2, LANDMARKS)]


def find(scores: dict[int, float | None], mirrored: dict[int, float | None] | None = None, *, min_score: float = 0.9) -> Found:
    image = Image.new("RGB", (80, 60))
    for place, colour in zip(((0, 0), (79, 0), (79, 59), (0, 59)), CORNERS, strict=True):
        image.putpixel(place, colour)
    detector = Scripted(scores, mirrored)
    once = find_faces(image, detector, turns=False, min_score=min_score)
    assert detector.searched == [(0, False)]
    assert (once.turn_deg, once.doubted) == (0, None) and once.image is image
    found = find_faces(image, detector, turns=True, min_score=min_score)
    if found.turn_deg == 0:
        assert found.image is image and found.faces == once.faces
    return found


@pytest.mark.parametrize("lying_deg", ALL_DEG)
@pytest.mark.parametrize(("width_px", "height_px", "at"), [(120, 90, (50, 40)), (70, 125, (30, 90)), (80, 80, (4, 30))])
def test_turning_the_picture_turns_nothing_of_the_result(lying_deg: int, width_px: int, height_px: int, at: tuple[int, int]) -> None:
    upright = with_face(width_px, height_px, at=(at[0] + 4, at[1]))
    lying = turned(upright, lying_deg)
    found = find_faces(lying, Marks(), turns=True, min_score=0.9)
    assert (found.turn_deg + lying_deg) % 360 == 0
    assert found.image.tobytes() == upright.tobytes()
    (face,) = found.faces
    expected = square_around(Marks().detect(upright)[0], margin=0.1)
    square = square_around(face, margin=0.1)
    assert square == expected and square.angle == 0
    assert cut(found.image, square, size_px=96).tobytes() == cut(upright, expected, size_px=96).tobytes()
    left, top, right, bottom = box_before(face.box, turn_deg=found.turn_deg, turned_px=found.image.size)
    marks = marks_of(lying)
    assert ((left + right) / 2, (top + bottom) / 2) == tuple((marks.min(axis=0) + marks.max(axis=0)) / 2)


@given(st.integers(2, 30), st.integers(2, 30), st.sampled_from(ALL_DEG), st.data())
def test_a_box_lies_where_it_lay_before_the_turn(width_px: int, height_px: int, turn_deg: int, data: st.DataObject) -> None:
    left, top = data.draw(st.integers(0, width_px - 1)), data.draw(st.integers(0, height_px - 1))
    right, bottom = data.draw(st.integers(left + 1, width_px)), data.draw(st.integers(top + 1, height_px))
    picture = np.zeros((height_px, width_px, 3), np.uint8)
    picture[top:bottom, left:right] = 255
    after = turned(Image.fromarray(picture), turn_deg)
    assert np.array_equal(np.asarray(after), np.rot90(picture, -turn_deg // 90))  # numpy's turns are anticlockwise
    x0, y0, x1, y1 = after.getbbox()  # type: ignore[misc]
    assert box_before((x0, y0, x1, y1), turn_deg=turn_deg, turned_px=after.size) == (left, top, right, bottom)


@given(turn_deg=st.sampled_from(ALL_DEG), box=st.tuples(*[st.floats(-50, 50)] * 4))
def test_four_quarters_bring_a_box_back(turn_deg: int, box: tuple[float, float, float, float]) -> None:
    ordered = (min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3]))
    size = (40, 30) if turn_deg % 180 == 0 else (30, 40)
    there = box_before(ordered, turn_deg=turn_deg, turned_px=size)
    assert box_before(there, turn_deg=(360 - turn_deg) % 360, turned_px=(40, 30)) == pytest.approx(ordered)


@pytest.mark.parametrize("sure", [SURE, 1.0])
def test_a_sure_face_is_searched_once(sure: float) -> None:
    detector = Marks(right=sure)
    image = with_face(90, 70, at=(40, 30))
    assert find_faces(image, detector, turns=True, min_score=0.9).turn_deg == 0
    assert detector.num_searched == 1


@pytest.mark.parametrize("turn_deg", TURNS_DEG)
def test_a_turn_is_believed_for_a_much_surer_face(turn_deg: int) -> None:
    enough = 1 - (1 - 0.99) / MARGIN + 1e-6
    assert find({0: 0.99, turn_deg: enough}).turn_deg == turn_deg
    assert find({0: 0.99, turn_deg: enough - 1e-5}).turn_deg == 0
    assert find({turn_deg: LEAST + 1e-6}).turn_deg == turn_deg
    assert find({turn_deg: LEAST - 1e-6}).turn_deg == 0


@pytest.mark.parametrize("turn_deg", TURNS_DEG)
@pytest.mark.parametrize("again", [None, 0.3, 0.93, 0.98])
def test_what_the_mirror_image_doubts_is_not_believed(turn_deg: int, again: float | None) -> None:
    assert find({0: 0.97, turn_deg: 0.9999}).turn_deg == turn_deg
    assert find({0: 0.97, turn_deg: 0.9999}, {turn_deg: again}).turn_deg == 0


@pytest.mark.parametrize("turn_deg", TURNS_DEG)
def test_score_and_mirrored_score_count_alike(turn_deg: int) -> None:
    assert find({turn_deg: LEAST - 0.02}, {turn_deg: LEAST + 0.021}).turn_deg == turn_deg
    assert find({turn_deg: LEAST + 0.02}, {turn_deg: LEAST - 0.019}).turn_deg == turn_deg
    assert find({turn_deg: LEAST + 0.02}, {turn_deg: LEAST - 0.021}).turn_deg == 0


@given(st.sampled_from([0.0, 0.5, 0.92, 0.99, 0.9994]))
def test_upright_wins_where_all_turns_are_alike(score: float) -> None:
    assert find(dict.fromkeys(ALL_DEG, score)).turn_deg == 0


def test_the_surest_of_several_turns_decides_and_the_next_where_it_is_not_confirmed() -> None:
    scores: dict[int, float | None] = {0: 0.92, 90: 0.98, 180: 0.99, 270: 0.999}
    assert find(scores).turn_deg == 270
    assert find(scores, {270: None}).turn_deg == 180
    assert find(scores, {270: None, 180: 0.9}).turn_deg == 90
    assert find(scores, {270: None, 180: None, 90: None}).doubted == Doubted(270, 0.999)


def test_min_score_holds_in_every_turn() -> None:
    assert find({90: 0.97}, min_score=0.98).turn_deg == 0
    assert find({90: 0.99}, min_score=0.98).turn_deg == 90
    assert find({90: 0.975}, {90: 1.0}, min_score=0.98).turn_deg == 0  # what the mirror image shows is not cut
    assert find({90: 0.9}, min_score=0.5).turn_deg == 0  # nor is a turn believed for less than LEAST
    assert find({0: 0.9996, 90: 0.99995}, min_score=0.9999).turn_deg == 90
    assert find({0: 0.9996, 90: 0.99995}).turn_deg == 0  # searched once


@pytest.mark.parametrize(
    ("scores", "expected"),
    [({}, None), ({0: 0.8, 90: 0.7}, None), ({0: 0.8, 90: 0.85}, Doubted(90, 0.85)), ({180: 0.94}, Doubted(180, 0.94))],
)
def test_what_was_seen_and_doubted_is_told(scores: dict[int, float | None], expected: Doubted | None) -> None:
    assert find(scores).doubted == expected


@pytest.mark.parametrize("upside", [lambda image: image, lambda image: image.rotate(180)])
def test_the_same_picture_gives_the_same_answer(upside: Callable[[Image.Image], Image.Image]) -> None:
    image = upside(with_face(90, 70, at=(40, 30)))
    first, second = (find_faces(image, Marks(), turns=True, min_score=0.9) for _ in range(2))
    assert first.turn_deg == second.turn_deg and first.image.tobytes() == second.image.tobytes()
