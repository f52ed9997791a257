"""Answers of a temporal model for a video: all frames of a face, or a window, and no frame of another face."""

from dataclasses import replace

import numpy as np
import pytest

from mien.core.errors import PredictError
from mien.predict.answer import Answer, Decoding
from mien.predict.answer import Tested as Known
from mien.predict.clips.answer import Pooling, TemporalAnswer
from mien.predict.clips.pooling import Frames
from mien.predict.engine import Engine
from mien.predict.rows import Row
from mien.predict.run import run
from mien.predict.video.camera import WEBCAM
from mien.predict.video.pooling import pooled

ANSWER = Answer(
    name="t", classes=["happy", "sad"], size_px=8, grey=False, decode=Decoding(max_side_px=64, max_megapixels=1.0, jpeg_quality=90),
    faces={"detector": "none"}, temperature=2.0, min_accuracy=0, selective=[],  # type: ignore[arg-type]
    test=Known(num_images=1, accuracy=1, accuracy_low=1, accuracy_high=1, mean_accuracy=1, macro_f1=1, recalls=[]),
    weights_sha256="0" * 64, licence="", version="1",
)  # fmt: skip
MEAN = Pooling(TemporalAnswer(model="m", pooling="mean", answer=ANSWER, best_epoch=0, train_loss=[], val_loss=[]), {})


def row(time_s: float, face: int, logit: float) -> Row:
    frame = Frames(np.array([[logit, 0]], np.float32), np.zeros((1, 3), np.float32))
    return Row("v.mp4", face, 1, probabilities=MEAN.probabilities(frame).tolist(), label="happy", time_s=time_s, frame=frame)


def expected(*logits: float) -> float:
    return float(1 / (1 + np.exp(-np.mean(logits) / 2)))


FILM = [[row(0.0, 1, 2), row(0.0, 2, -4)], [row(1.0, 1, 4)], [Row("v.mp4", reason="no_face", time_s=2.0)], [row(3.0, 1, -3)]]


def test_each_row_has_the_answer_of_all_frames_of_its_face() -> None:
    found = list(pooled(FILM, MEAN, ANSWER, window_s=0, threshold=None))
    assert [len(rows) for rows in found] == [2, 1, 1, 1] and found[2] == FILM[2]
    for place in (found[0][0], found[1][0], found[3][0]):
        assert place.probabilities == pytest.approx([expected(2, 4, -3), 1 - expected(2, 4, -3)])
    assert found[0][1].probabilities == pytest.approx([expected(-4), 1 - expected(-4)]) and found[0][1].label == "sad"
    assert found[0][0].raw == FILM[0][0].probabilities


def test_a_window_takes_the_frames_around_each_row() -> None:
    found = [rows[0].probabilities for rows in pooled(FILM, MEAN, ANSWER, window_s=2, threshold=None)]
    assert found[0] == pytest.approx([expected(2, 4), 1 - expected(2, 4)]) == found[1]
    assert found[2] is None and found[3] == pytest.approx([expected(-3), 1 - expected(-3)])


def test_an_answer_below_the_threshold_is_unsure() -> None:
    found = list(pooled(FILM, MEAN, ANSWER, window_s=0, threshold=0.7))
    assert [rows[0].unsure for rows in found] == [True, True, None, True] and found[0][1].unsure is False


def test_pixels_and_frames_are_not_kept_in_the_answers() -> None:
    found = list(pooled([[replace(FILM[0][0])]], MEAN, ANSWER, window_s=0, threshold=None))
    assert found[0][0].frame is None


class Session:
    """A network whose logits are the mean red and green of a face, and whose features are all zero."""

    def run(self, names: list[str], given: dict[str, np.ndarray]) -> list[np.ndarray]:
        images_N3SS = given["images"].astype(np.float32) / 255
        outputs = {"logits": images_N3SS[:, :2].mean((2, 3)), "features": np.zeros((len(images_N3SS), 3), np.float32)}
        return [outputs[name] for name in names]


def test_a_temporal_engine_takes_each_face_for_a_clip_of_one_frame_and_gives_the_frame() -> None:
    pixels_NSS3 = np.zeros((2, 8, 8, 3), np.uint8)
    pixels_NSS3[0, ..., 0] = 255
    found = Engine(ANSWER, Session(), "no map", pooling=MEAN).answers(pixels_NSS3)
    assert found.probabilities_NK[:, 0].tolist() == pytest.approx([expected(1), expected(0)])
    assert [maps for _, maps in found.faces()] == [None, None] and found.frames is not None
    joined = Frames.joined(found.frames)
    assert joined.logits_TK.tolist() == [[1, 0], [0, 0]] and joined.features_TD.shape == (2, 3)


def test_a_temporal_engine_does_not_explain_and_says_what_does() -> None:
    with pytest.raises(PredictError, match="--explain: name m instead"):
        Engine(ANSWER, Session(), "name m instead", pooling=MEAN).explaining()


def test_the_camera_is_refused_with_the_model_that_answers_it() -> None:
    with pytest.raises(PredictError, match="t answers for clips; for the camera, name its model of frames, m"):
        run(WEBCAM, Engine(ANSWER, Session(), "", pooling=MEAN), out=None, all_faces=False, min_accuracy=None)
