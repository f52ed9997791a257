"""An ensemble answers like one model, with the mean of its members' probabilities."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.special import log_softmax, softmax

from mien.config.sections.faces import FaceParams
from mien.core import paths
from mien.core.errors import MienError, PredictError
from mien.core.files import write_json
from mien.export import finding
from mien.export.finding import load_engine
from mien.predict.answer import Answer
from mien.predict.engine import Engine
from mien.predict.ensemble import ensemble_engine
from mien.predict.ensemble_answer import EnsembleAnswer
from mien.predict.predicting import File, predict
from mien.predict.preparing import prepare
from tests.least import MODELS
from tests.predict.network import CLASSES, SCALE, answer, write_network

TEMPERATURE = 0.7
ONE, TWO = answer(name="one", size_px=48), answer(name="two", size_px=32, temperature=0.5, weights_sha256="1" * 64, licence="two's")


def engine_of(folder: Path, about: Answer) -> Engine:
    return Engine.load(write_network(folder / f"{about.name}.onnx", about))


def known_of_pair(**changes: Any) -> EnsembleAnswer:
    known = answer()
    values = {
        "name": "pair", "members": {"one": "0" * 64, "two": "1" * 64}, "classes": CLASSES, "temperature": TEMPERATURE,
        "min_accuracy": 0.9, "selective": known.selective, "test": known.test, "version": "0",
    }  # fmt: skip
    return EnsembleAnswer.model_validate({**values, **changes})


def content(size_px: tuple[int, int] = (70, 50)) -> bytes:
    """A photograph whose mean colour depends on the size to which it is reduced."""
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size_px, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_the_mean_of_the_members_each_with_its_own_square_and_temperature(tmp_path: Path) -> None:
    members = [engine_of(tmp_path, about) for about in (ONE, TWO)]
    pair = ensemble_engine(known_of_pair(), members)
    files = [File(str(number), content((60 + number, 50))) for number in range(5)]
    rows = {path: row for path, (row,) in predict(files, pair, all_faces=False, threshold=0.6, workers=1)}
    for file in files:
        each = []
        for member in members:
            pixels = prepare(file.content, member.answer, None, all_faces=False).faces[0].pixels
            logits_K = SCALE * pixels.reshape(-1, 3).astype(float).mean(axis=0) / 255
            each.append(softmax(logits_K / member.answer.temperature))
        mean_K = np.mean(each, axis=0)
        expected_K = softmax(np.log(mean_K) / TEMPERATURE)
        np.testing.assert_allclose(rows[file.path].probabilities, expected_K, atol=1e-6)
        square = prepare(file.content, pair.answer, None, all_faces=False).faces[0].pixels[None]
        np.testing.assert_allclose(log_softmax(pair.run(square)[0][0]), np.log(mean_K), atol=1e-5)
    assert pair.answer.size_px == 48 and pair.answer.licence == "two's" and pair.answer.temperature == TEMPERATURE


def test_members_of_one_size_share_their_square(tmp_path: Path) -> None:
    two = TWO.model_copy(update={"size_px": 48})
    pair = ensemble_engine(known_of_pair(), [engine_of(tmp_path, ONE), engine_of(tmp_path, two)])
    assert prepare(content(), pair.answer, None, all_faces=False).faces[0].pixels.shape == (48, 48, 3)


def test_what_decided_is_asked_of_a_member(tmp_path: Path) -> None:
    pair = ensemble_engine(known_of_pair(), [engine_of(tmp_path, about) for about in (ONE, TWO)])
    with pytest.raises(PredictError, match=r"^--explain: pair is an ensemble, .*; name one of one, two$"):
        pair.explaining()


OTHER_FACES = FaceParams(detector="none", size_px=48, margin=0.1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights_sha256": "2" * 64}, "two was trained again after the ensemble was tested; run `dvc repro ensemble@pair`"),
        ({"classes": ["sad", "happy", "angry"]}, "two has the classes sad, happy, angry, but the ensemble was tested with happy, sad"),
        ({"faces": OTHER_FACES}, "two and one prepare faces in different ways (faces.margin: 0.1 and 0.0)"),
        ({"grey": True}, "two and one prepare faces in different ways (grey: False and True)"),
    ],
)
def test_members_that_cannot_be_averaged_are_refused_in_a_line(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    two = TWO.model_copy(update=changes)
    with pytest.raises(PredictError) as caught:
        ensemble_engine(known_of_pair(), [engine_of(tmp_path, ONE), engine_of(tmp_path, two)])
    told = str(caught.value)
    assert told.startswith("--model pair: ") and "\n" not in told
    assert words.replace("0.1 and 0.0", "0.0 and 0.1") in told.replace("0.1 and 0.0", "0.0 and 0.1")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two converted models and an ensemble of them."""
    monkeypatch.chdir(tmp_path)
    files = {about.name: write_network(tmp_path / f"{about.name}.onnx", about) for about in (ONE, TWO)}
    monkeypatch.setattr(finding, "converted", files.__getitem__)
    entry = MODELS.partition("{m: ")[2].rstrip("}") + "}"
    models = f"models: {{one: {entry}, two: {entry}}}"
    (tmp_path / "params.yaml").write_text(f"labels: {{classes: [{', '.join(CLASSES)}]}}\n{models}\nensembles: {{pair: [one, two]}}\n")
    write_json(paths.answer("pair"), known_of_pair().model_dump(mode="json"))
    return tmp_path


@pytest.mark.usefixtures("repository")
def test_its_name_is_enough() -> None:
    assert load_engine("pair").answer.name == "pair"
    with pytest.raises(PredictError, match="there is no such model"):
        load_engine("pairs")


def test_an_ensemble_that_was_not_tested_or_otherwise_is_refused_in_a_line(repository: Path) -> None:
    def told() -> str:
        with pytest.raises(MienError) as caught:
            load_engine("pair")
        assert "\n" not in str(caught.value)
        return str(caught.value)

    write_json(paths.answer("pair"), known_of_pair(members={"two": "1" * 64, "one": "0" * 64}).model_dump(mode="json"))
    assert told() == "--model pair: params.yaml has the members one, two, but two, one were tested; run `dvc repro ensemble@pair`"
    write_json(paths.answer("pair"), {**known_of_pair().model_dump(mode="json"), "temperature": -1})
    assert told().startswith("data/answers/pair.json was not written by this version of mien (temperature: ")
    (repository / paths.answer("pair")).write_text("{")
    assert "is not JSON" in told() and "dvc repro ensemble@pair" in told()
    (repository / paths.answer("pair")).unlink()
    assert told() == "data/answers/pair.json is missing; run `dvc repro ensemble@pair` to make it (or `dvc pull` to fetch it)"
