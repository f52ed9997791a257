"""Laws of smoothing over time."""

import numpy as np
import pytest

from mien.predict.preparing import FaceImage
from mien.predict.rows import Row
from mien.predict.video.smoothing import smoothed
from tests.predict.network import CLASSES, answer

NO_PIXELS = np.zeros((0, 0, 3), np.uint8)


def row(time_s: float, shares: list[float] | None, face: int = 1) -> Row:
    if shares is None:
        return Row("film.mp4", reason="no_face", time_s=time_s)
    label = CLASSES[int(np.argmax(shares))]
    return Row("film.mp4", face, 1, FaceImage(NO_PIXELS, None, None), shares, label, False, time_s=time_s)


def smooth(frames: list[list[Row]], window_s: float) -> list[list[Row]]:
    found = list(smoothed(iter(frames), answer(), window_s=window_s, threshold=0.6))
    assert [[(r.time_s, r.face, r.reason) for r in rows] for rows in found] == [
        [(r.time_s, r.face, r.reason) for r in rows] for rows in frames
    ]
    return found


def random_frames(num: int, seed: int = 0) -> list[list[Row]]:
    """Two faces at irregular times; the first is missing in some frames."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.01, 0.4, num))
    frames = []
    for time_s in times.tolist():
        rows = [row(time_s, rng.dirichlet([1, 1, 1]).tolist(), face) for face in (1, 2) if face == 2 or rng.random() < 0.7]
        frames.append(rows)
    return frames


def test_a_constant_stays_constant() -> None:
    shares = [0.7, 0.2, 0.1]
    for rows in smooth([[row(0.2 * number, shares)] for number in range(12)], 1.0):
        np.testing.assert_allclose(rows[0].probabilities, shares, rtol=1e-12)
        assert rows[0].label == "happy" and rows[0].unsure is False and rows[0].raw == shares


@pytest.mark.parametrize("window_s", [0.05, 0.7, 3.0, 100.0])
def test_each_answer_is_the_geometric_mean_of_its_face_in_the_window(window_s: float) -> None:
    frames = random_frames(40)
    every = [r for rows in frames for r in rows]
    for before, after in zip(frames, smooth(frames, window_s), strict=True):
        for old, new in zip(before, after, strict=True):
            near = [r.probabilities for r in every if r.face == old.face and abs(r.time_s - old.time_s) <= window_s / 2]
            expected = np.prod(np.array(near) ** (1 / len(near)), axis=0)
            np.testing.assert_allclose(new.probabilities, expected / expected.sum(), rtol=1e-9)
            assert new.raw == old.probabilities
            assert new.label == CLASSES[int(np.argmax(new.probabilities))] and new.unsure == (max(new.probabilities) < 0.6)


def test_one_odd_frame_does_not_change_the_answer() -> None:
    frames = [[row(0.2 * number, [0.9, 0.05, 0.05])] for number in range(11)]
    frames[5] = [row(1.0, [0.01, 0.01, 0.98])]
    assert {rows[0].label for rows in smooth(frames, 1.0)} == {"happy"}


def test_frames_without_a_face_stay_and_faces_are_not_mixed() -> None:
    frames = [[row(0.0, [0.8, 0.1, 0.1])], [row(0.2, None)], [row(0.4, [0.1, 0.8, 0.1], face=2)]]
    found = smooth(frames, 10.0)
    assert found[1][0].reason == "no_face" and found[1][0].raw is None
    np.testing.assert_allclose(found[0][0].probabilities, [0.8, 0.1, 0.1])
    np.testing.assert_allclose(found[2][0].probabilities, [0.1, 0.8, 0.1])


def test_it_holds_no_more_than_a_window() -> None:
    given = []

    def frames() -> object:
        for number in range(100):
            given.append(number)
            yield [row(0.1 * number, [0.5, 0.3, 0.2])]

    found = smoothed(frames(), answer(), window_s=1.0, threshold=None)
    for number in range(50):
        next(found)
        assert len(given) <= number + 8
