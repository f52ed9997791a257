"""Answers for streams of files: the network's probabilities, in order, whatever else is among the files and however the work is spread."""

import io
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mien.core.errors import PredictError, TableError
from mien.core.streaming import Crashed, stream
from mien.predict.engine import Engine
from mien.predict.predicting import File, predict
from mien.predict.run import threshold_of
from tests.predict.network import CLASSES, SCALE, answer, write_network

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "grey": (90, 90, 90)}


def content(colour: str, size_px: int = 60) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (size_px, size_px), COLOURS[colour]).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine.load(write_network(tmp_path / "colours.onnx", answer()))


@pytest.mark.parametrize("workers", [1, 2])
def test_each_file_has_the_answer_of_the_network(engine: Engine, workers: int) -> None:
    names = ["red", "green", "grey", "blue"] * 20
    found = list(predict((File(name, content(name)) for name in names), engine, all_faces=True, threshold=0.6, workers=workers))
    assert [path for path, _ in found] == names, "in order"
    likeliest = {"red": "happy", "green": "sad", "blue": "angry", "grey": "happy"}
    for path, (row,) in found:
        logits_K = SCALE * np.array(COLOURS[path]) / 255
        expected_K = np.exp(logits_K / 2) / np.exp(logits_K / 2).sum()
        np.testing.assert_allclose(row.probabilities, expected_K, atol=1e-6)
        assert row.label == likeliest[path] and row.unsure == (path == "grey") and row.reason is None
        assert row.record(engine.answer)["p_sad"] == pytest.approx(expected_K[1], abs=1e-6)


def test_a_file_without_an_answer_has_a_reason_and_the_others_their_answers(engine: Engine) -> None:
    files = [
        File("a.txt", b"nothing to see"), File("b.png", content("red")), File("c.png", content("red")[:40]), File("d", b""),
        File("e.jpg", reason="unreadable", detail="no such file"), File("f.png", content("blue")),
    ]  # fmt: skip
    found = {path: rows[0] for path, rows in predict(files, engine, all_faces=False, threshold=None, workers=2)}
    assert [row.reason for row in found.values()] == ["not_an_image", None, "corrupt", "empty", "unreadable", None]
    assert found["f.png"].label == "angry" and found["f.png"].unsure is None
    assert found["e.jpg"].record(engine.answer)["p_happy"] is None


_factor = 1


def _double(item: int) -> int:
    if item == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return _factor * item


def _set(factor: int) -> None:
    global _factor
    _factor = factor


def test_a_stream_keeps_its_order_and_survives_what_kills_its_process() -> None:
    found = list(stream(_double, iter(range(20)), workers=2, prepare=_set, given=(2,)))
    assert isinstance(found[7], Crashed)
    assert [value for number, value in enumerate(found) if number != 7] == [2 * number for number in range(20) if number != 7]
    assert list(stream(_double, [], workers=2, prepare=_set, given=(2,))) == []
    assert list(stream(_double, [4], workers=2, prepare=_set, given=(3,))) == [12], "a single item needs no process"


def test_a_stream_reads_only_a_little_ahead() -> None:
    read = []

    def items() -> object:
        for number in range(100):
            read.append(number)
            yield number + 10

    found: Any = stream(_double, items(), workers=2, prepare=_set, given=(2,))
    assert next(found) == 20 and len(read) <= 8
    found.close()


def test_what_is_no_network_of_ours_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no network")
    write_network(tmp_path / "bare.onnx", None)
    for name, words in (("none.onnx", "there is no file"), ("text.onnx", "is not an ONNX file"), ("bare.onnx", "no metadata of mien")):
        with pytest.raises(PredictError, match=words) as caught:
            Engine.load(tmp_path / name)
        assert "\n" not in str(caught.value)
    other = write_network(tmp_path / "other.onnx", answer().model_copy(update={"temperature": -1.0}))
    with pytest.raises(TableError, match="temperature"):
        Engine.load(other)


def test_the_threshold_is_the_one_of_the_largest_coverage(capsys: pytest.CaptureFixture[str]) -> None:
    assert threshold_of(answer(), None) == 0.6 and threshold_of(answer(), 0.5) == 0.0
    with pytest.raises(PredictError, match=r"--min-accuracy 0\.95: no threshold makes 95% .* best is 90\.0% at 50%"):
        threshold_of(answer(), 0.95)
    assert threshold_of(answer(min_accuracy=0.99), None) is None and "no answer is marked" in capsys.readouterr().err
    assert len(CLASSES) == 3
