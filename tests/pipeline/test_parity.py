"""`mien predict` on the pipeline's own photographs gives the logits that `evaluate` and `ensemble` stored, faces found anew."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from mien.core import paths
from mien.export.finding import load_engine
from mien.predict.engine import Engine
from mien.predict.predicting import File, detector_for, predict
from mien.predict.preparing import prepare
from mien.predict.sources import files_of
from mien.store.tables import PREDICTIONS, read_table
from tests.pipeline.conftest import SMALL_MODELS, Workspace

MAX_DIFFERENCE = 1e-5
"""of a logit, in single precision"""


@pytest.fixture(scope="module")
def repository(workspace: Workspace) -> Workspace:
    """The first run with an ensemble. Its faces were found by MTCNN and cropped with a margin of nothing, as params.yaml has it."""
    workspace.change(lambda document: document.update(ensembles={"pair": [*SMALL_MODELS]}))
    workspace.run("dvc", "repro", "ensemble@pair")
    return workspace


@pytest.fixture
def photographs(repository: Workspace, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The files of the source by path, as the user has them."""
    monkeypatch.chdir(repository.root)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return {file.path: file.content for file in files_of("data/sample.zip")}


def stored(name: str) -> dict[str, np.ndarray]:
    """The logits of every test and validation photograph."""
    rows = read_table(paths.predictions(name), PREDICTIONS)
    return {path: np.asarray(logits_K) for path, logits_K in zip(rows["path"], rows["logits"], strict=True)}


@pytest.mark.parametrize("name", [*SMALL_MODELS, "pair"])
def test_predict_gives_the_logits_that_were_stored(photographs: dict[str, bytes], name: str) -> None:
    engine, expected = load_engine(name), stored(name)
    assert engine.answer.faces.detector == "mtcnn" and len(expected) > 20
    detector = detector_for(engine.answer)
    found = {path: prepare(photographs[path], engine.answer, detector, all_faces=False).faces for path in expected}
    assert {len(faces) for faces in found.values()} == {1} and all(faces[0].box for faces in found.values())
    logits_NK = engine.run(np.stack([faces[0].pixels for faces in found.values()]))[0]
    assert abs(logits_NK - np.stack([*expected.values()])).max() <= MAX_DIFFERENCE
    assert np.ptp(logits_NK, axis=0).min() > 100 * MAX_DIFFERENCE, "images with the same logits would prove nothing"


@pytest.mark.parametrize("name", ["focal_se", "pair"])
def test_predict_gives_the_calibrated_probabilities_classes_and_coverage_of_the_evaluation(
    photographs: dict[str, bytes], name: str
) -> None:
    engine, expected = load_engine(name), stored(name)
    document = json.loads(Path(paths.evaluation(name)).read_text(encoding="utf-8"))
    threshold = document["selective"]["threshold"]
    rows = read_table(paths.predictions(name), PREDICTIONS)
    tested = rows[rows["split"] == "test"]
    answers = answered(engine, [File(path, photographs[path]) for path in tested["path"]], threshold)
    for path, row in answers.items():
        np.testing.assert_allclose(row.probabilities, softmax(expected[path] / document["calibration"]["temperature"]), atol=1e-5)
    assert [answers[path].label for path in tested["path"]] == tested["predicted"].tolist()
    if threshold is not None:
        coverage = 1 - np.mean([row.unsure for row in answers.values()])
        assert coverage == pytest.approx(document["selective"]["test"]["coverage"], abs=1e-9)
    assert len(Counter(row.label for row in answers.values())) > 1


def answered(engine: Engine, files: list[File], threshold: float | None) -> dict:
    return {path: row for path, (row,) in predict(files, engine, all_faces=False, threshold=threshold, workers=1)}
