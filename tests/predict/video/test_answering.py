"""Answers for the frames of a video: those of photographs where faces are sought, and those of followed faces in between."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from mien.config.sections.faces import FaceParams
from mien.predict.engine import Engine
from mien.predict.preparing import prepare_image
from mien.predict.rows import Row
from mien.predict.video.answering import WHOLE, answered, searched, searched_live
from mien.predict.video.searching import Sampled, Search, sampled, search
from mien.video.frames import Frame
from tests.predict.network import answer, write_network
from tests.predict.video.films import BLUE, GREEN, GROUND, RED, Blocks, face_in, marked

SIZE = (320, 200)
ABOUT = answer(faces=FaceParams(size_px=48, turns=False))
LIKELIEST = {RED: "happy", GREEN: "sad", BLUE: "angry"}


@pytest.fixture
def engine(tmp_path: object) -> Engine:
    return Engine.load(write_network(tmp_path / "colours.onnx", ABOUT))


def film(*scenes: list[list[tuple[tuple[float, float, float, float], tuple[int, int, int]]]], step_s: float = 0.1) -> list[Frame]:
    frames = [marked(SIZE, faces) for scene in scenes for faces in scene]
    return [Frame(number * step_s, image) for number, image in enumerate(frames)]


def block(x: float, y: float = 60, side: float = 60) -> tuple[float, float, float, float]:
    return x, y, x + side, y + side


def sought(frames: list[Frame], detector: Blocks, every_s: float, about: object = ABOUT) -> Iterator[tuple[Sampled, Search | None]]:
    for frame in sampled(frames, about, search_every_s=every_s):
        yield frame, search(frame.stored, about, detector) if frame.is_searched else None


def rows_of(
    frames: list[Frame], engine: Engine, *, every_s: float = 0.4, all_faces: bool = True, detector: Blocks | None = None
) -> list[list[Row]]:
    return list(answered("f", sought(frames, detector or Blocks(), every_s), engine, all_faces=all_faces, threshold=0.6))


def test_faces_that_move_evenly_have_their_numbers_boxes_and_answers_in_every_frame(engine: Engine) -> None:
    frames = film([[(block(10 + 4 * n), RED), (block(250 - 4 * n, 130), BLUE)] for n in range(21)])
    detector = Blocks()
    found = rows_of(frames, engine, detector=detector)
    assert detector.num_searched == 6, "every fourth frame of 21"
    for number, (frame, rows) in enumerate(zip(frames, found, strict=True)):
        assert [(row.face, row.num_faces, row.label, row.time_s) for row in rows] == [
            (1, 2, "happy", frame.time_s),
            (2, 2, "angry", frame.time_s),
        ]
        np.testing.assert_allclose(rows[0].image.box, block(10 + 4 * number), atol=1.5)
        np.testing.assert_allclose(rows[1].image.box, block(250 - 4 * number, 130), atol=1.5)


def test_a_searched_frame_has_the_answers_of_a_photograph(engine: Engine) -> None:
    frames = film([[(block(10 + 5 * n, 40 + 3 * n), RED), (block(230, 20), GREEN)] for n in range(5)])
    for all_faces in (True, False):
        found = rows_of(frames, engine, every_s=0, all_faces=all_faces)
        for frame, rows in zip(frames, found, strict=True):
            photograph = prepare_image(frame.image, ABOUT, Blocks(), all_faces=all_faces)
            assert {row.image.box for row in rows} == {face.box for face in photograph.faces}
            expected = {face.box: engine.run(face.pixels[None])[1][0] for face in photograph.faces}
            for row in rows:
                np.testing.assert_allclose(row.probabilities, expected[row.image.box], atol=1e-6)
    assert sum(row.face == 1 for rows in found for row in rows) == 5


def test_two_faces_that_approach_without_crossing_keep_their_answers(engine: Engine) -> None:
    frames = film([[(block(20 + 3.5 * min(n, 40 - n)), RED), (block(240 - 3.5 * min(n, 40 - n)), GREEN)] for n in range(41)])
    for rows in rows_of(frames, engine):
        assert [(row.face, row.label) for row in rows] == [(1, "happy"), (2, "sad")]


def test_a_face_is_answered_only_between_searches_that_found_it(engine: Engine) -> None:
    scene = [[(block(20), RED)] + ([(block(200), GREEN)] if 6 <= n < 15 else []) for n in range(21)]
    found = rows_of(film(scene), engine)
    assert [number for number, rows in enumerate(found) if any(row.face == 2 for row in rows)] == list(range(8, 13))
    alone = rows_of(film([[(block(200), GREEN)] if 6 <= n < 15 else [] for n in range(21)]), engine)
    assert [rows[0].reason for rows in alone] == ["no_face"] * 8 + [None] * 5 + ["no_face"] * 8
    assert alone[4][0].detail == "no face" and "between two searches" in alone[7][0].detail and alone[7][0].time_s == pytest.approx(0.7)


def test_faces_are_sought_on_both_sides_of_a_cut_and_get_new_numbers(engine: Engine) -> None:
    images = [marked(SIZE, [(block(20 + number), (RED, BLUE)[number >= 6])], seed=number // 6) for number in range(12)]
    frames = [Frame(0.1 * number, image) for number, image in enumerate([*images, images[-1]])]
    marks = [(frame.is_searched, frame.begins_shot) for frame in sampled(frames, ABOUT, search_every_s=0.4)]
    assert [number for number, (is_searched, _) in enumerate(marks) if is_searched] == [0, 4, 5, 6, 10, 12]
    assert [number for number, (_, begins) in enumerate(marks) if begins] == [0, 6]
    assert [(rows[0].face, rows[0].label) for rows in rows_of(frames, engine)] == [(1, "happy")] * 6 + [(2, "angry")] * 7


def test_a_change_of_light_and_a_pan_are_no_cuts() -> None:
    wide = marked((3 * SIZE[0], SIZE[1]), [(block(200), RED)])
    pan = [Frame(0.2 * number, wide.crop((50 * number, 0, 50 * number + SIZE[0], SIZE[1]))) for number in range(9)]
    assert [frame.begins_shot for frame in sampled(pan, ABOUT, search_every_s=0.4)] == [True] + [False] * 8
    frames = film([[(block(20), RED)]] * 6)
    darker = [
        Frame(frame.time_s, frame.image.point(lambda level: level // 3)) if number > 2 else frame for number, frame in enumerate(frames)
    ]
    black = [Frame(number * 0.1, Image.new("RGB", SIZE)) for number in range(3)]
    assert [frame.begins_shot for frame in sampled(darker, ABOUT, search_every_s=0.4)] == [True] + [False] * 5
    assert [frame.begins_shot for frame in sampled(black, ABOUT, search_every_s=0.4)] == [True, False, False]


@pytest.mark.parametrize("how", [FaceParams(detector="none", size_px=48), FaceParams(size_px=48, turns=False, on_missing="fit")])
def test_frames_are_taken_as_a_whole_where_a_photograph_would_be(tmp_path: object, how: FaceParams) -> None:
    about = answer(faces=how)
    engine = Engine.load(write_network(tmp_path / "colours.onnx", about))
    frames = [Frame(0.1 * number, Image.new("RGB", (80, 60), GROUND)) for number in range(5)]
    detector = None if how.detector == "none" else Blocks()
    found = list(answered("f", sought(frames, detector, 0.4, about), engine, all_faces=True, threshold=None))
    photograph = prepare_image(frames[0].image, about, detector, all_faces=True).faces[0]
    for rows in found:
        assert [(row.face, row.image.box) for row in rows] == [(WHOLE, None)]
        np.testing.assert_allclose(rows[0].probabilities, engine.run(photograph.pixels[None])[1][0], atol=1e-6)


def test_the_rotation_that_the_model_s_own_search_finds_is_used(engine: Engine) -> None:
    about = answer(faces=FaceParams(size_px=48))

    class Lying(Blocks):
        def detect(self, image: Image.Image) -> list:
            sure = 0.9999 if image.height > image.width else 0.6
            return [face_in(face.box, sure) for face in super().detect(image)]

    frames = film([[(block(10 + 4 * n), RED)] for n in range(9)])
    found = list(answered("f", sought(frames, Lying(), 0.4, about), engine, all_faces=True, threshold=None))
    for number, rows in enumerate(found):
        assert (rows[0].face, rows[0].image.turn_deg, rows[0].label) == (1, 90, "happy")
        np.testing.assert_allclose(rows[0].image.box, block(10 + 4 * number), atol=1.5)


def test_rows_hold_no_pixels_and_come_in_order_from_several_processes(tmp_path: object) -> None:
    about = answer(faces=FaceParams(detector="none", size_px=48))
    engine = Engine.load(write_network(tmp_path / "colours.onnx", about))
    colours = [(RED, GREEN, BLUE)[number % 3] for number in range(150)]
    frames = (Frame(0.1 * number, Image.new("RGB", (60, 60), colour)) for number, colour in enumerate(colours))
    found = list(answered("f", searched(frames, about, search_every_s=0.4, workers=2), engine, all_faces=True, threshold=None))
    assert [rows[0].label for rows in found] == [LIKELIEST[colour] for colour in colours]
    assert [rows[0].time_s for rows in found] == pytest.approx([0.1 * number for number in range(150)])
    assert all(row.image.pixels.size == 0 for rows in found for row in rows)


def test_live_frames_are_answered_one_by_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.predict.video.answering.detector_for", lambda _: Blocks())
    given = []

    def frames() -> Iterator[Frame]:
        for frame in film([[(block(10 + 4 * n), RED)] for n in range(9)]):
            given.append(frame)
            yield frame

    found = answered("f", searched_live(frames(), ABOUT), engine, all_faces=True, threshold=None, batch=1)
    for number in range(9):
        assert next(found)[0].face == 1 and len(given) == number + 1
