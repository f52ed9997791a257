"""The networks of methods that train the network themselves become files like any other; without maps where a head has no class maps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mien.export.exporting import export_onnx
from mien.export.maps import MAX_DIFFERENCE, expected_maps
from mien.models.predict import predict_logits
from mien.models.store import load_model
from mien.predict.engine import Engine
from tests.models.make import make_config

from .make import answer_for, saved, squares

NETWORKS: dict[str, dict[str, Any]] = {
    "scn": {"head": "importance"},
    "rul": {"head": "uncertainty", "loss": {"name": "rul"}},
    "bbn": {"head": "linear", "branches": 2},
    "bbn of residual blocks": {"head": "linear", "branches": 2, "backbone": "test_resnet"},
}
IMAGES = squares(20)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_predicts_what_the_network_predicts(name: str, precision: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "m", make_config(name="m", **NETWORKS[name]))
    how: dict[str, Any] = {"precision": precision, "images_N3SS": IMAGES, "calibration_N3SS": lambda: squares(40, seed=3)}
    export_onnx(folder, tmp_path / "m.onnx", answer=answer_for(folder), tta="none", **how)
    engine, (network, config) = Engine.load(tmp_path / "m.onnx"), load_model(folder)
    pixels_NSS3 = IMAGES.transpose(0, 2, 3, 1)
    logits_NK = predict_logits(network, torch.from_numpy(IMAGES), input_px=config.input_px, precision="fp32", device="cpu")
    found = engine.run(pixels_NSS3)[0] if precision == "fp32" else logits_NK
    np.testing.assert_allclose(found, logits_NK, rtol=1e-3, atol=1e-4)
    if name == "rul":
        assert "its head uncertainty is not linear" in engine.no_maps
        return
    maps = engine.explaining().answers(pixels_NSS3).maps_NKhw
    expected = expected_maps(network, IMAGES, input_px=config.input_px, num_classes=3)
    assert maps is not None and maps.shape == expected.shape
    if precision == "fp32":
        assert abs(maps - expected).max() < MAX_DIFFERENCE * expected.max()
