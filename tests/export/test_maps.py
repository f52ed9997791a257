"""The class maps of an exported file: what its engine gives, what smaller precisions lose, and what the gate refuses."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.core.errors import ExportError, PredictError
from mien.export import exporting
from mien.export.exporting import export_onnx
from mien.export.maps import MAX_DIFFERENCE, expected_maps, prove_maps
from mien.export.metadata import read_metadata
from mien.export.recalibrated import recalibrate
from mien.models.store import load_model
from mien.predict.engine import MAPS_NOTE, Engine
from tests.models.make import make_config

from .make import answer_for, saved, squares

IMAGES = squares(24)
CONFIG = make_config(name="m", head="linear")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("models") / "m", CONFIG)


def engine_of(folder: Path, file: Path, **changes: Any) -> Engine:
    how = {"answer": answer_for(folder), "tta": "flip", "images_N3SS": IMAGES, "calibration_N3SS": lambda: squares(40, seed=3)}
    export_onnx(folder, file, **{**how, **changes})
    return Engine.load(file)


def gradients(folder: Path) -> np.ndarray:
    network, config = load_model(folder)
    return expected_maps(network, IMAGES, input_px=config.input_px, num_classes=len(config.classes))


@pytest.mark.parametrize(("precision", "least"), [("fp32", 1 - 1e-6), ("fp16", 0.999), ("int8", 0.9)])
def test_the_maps_of_a_file_are_grad_cam(tmp_path: Path, folder: Path, precision: str, least: float) -> None:
    """Smaller precisions have them, too; how alike they are is the correlation of all values."""
    engine = engine_of(folder, tmp_path / "m.onnx", precision=precision)
    pixels_NSS3 = IMAGES.transpose(0, 2, 3, 1)
    assert engine.answers(pixels_NSS3).maps_NKhw is None, "they are given where they are asked for"
    found, expected = engine.explaining().answers(pixels_NSS3), gradients(folder)
    assert found.maps_NKhw is not None and found.maps_NKhw.dtype == np.float32 and found.maps_NKhw.shape == expected.shape
    assert np.corrcoef(found.maps_NKhw.ravel(), expected.ravel())[0, 1] >= least
    if precision == "fp32":
        assert abs(found.maps_NKhw - expected).max() < MAX_DIFFERENCE * expected.max()
    np.testing.assert_array_equal(found.probabilities_NK, engine.run(pixels_NSS3)[1])


@pytest.mark.parametrize(
    ("head", "tta", "why"), [("dense", "none", "its head dense is not linear"), ("linear", "ten_crop", "tta: ten_crop")]
)
def test_a_file_without_maps_says_why_and_what_to_do(tmp_path: Path, head: str, tta: str, why: str) -> None:
    other = saved(tmp_path / "other", make_config(name="other", head=head))
    engine = engine_of(other, tmp_path / "m.onnx", tta=tta)
    with pytest.raises(
        PredictError, match=rf"^--explain: other has no class maps, because .*{why}.*; `dvc repro explain@other` draws"
    ) as caught:
        engine.explaining()
    assert "\n" not in str(caught.value) and why in read_metadata(tmp_path / "m.onnx")[MAPS_NOTE]
    warmer = engine.answer.model_copy(update={"temperature": 2 * engine.answer.temperature})
    again = recalibrate(tmp_path / "m.onnx", tmp_path / "n.onnx", answer=warmer, precision="fp32", images_NSS3=IMAGES.transpose(0, 2, 3, 1))
    assert again.no_maps == engine.no_maps, "another temperature changes nothing of it"


def test_a_file_whose_maps_are_those_of_another_network_is_not_written(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "graph_maps", lambda *_: 1.001 * gradients(folder)[:16])
    with pytest.raises(ExportError, match=r"nothing was written, because .* a value of its maps differs by"):
        engine_of(folder, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_maps_are_compared_with_the_largest_value() -> None:
    expected = np.zeros((1, 2, 3, 3), np.float32)
    expected[0, 0, 1, 1] = 50.0
    prove_maps(expected + 0.9 * 50 * MAX_DIFFERENCE, expected)
    for given in (expected + 1.1 * 50 * MAX_DIFFERENCE, np.full_like(expected, np.nan), expected[:, :1], None):
        with pytest.raises(ExportError, match="its maps"):
            prove_maps(given, expected)
