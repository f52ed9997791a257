"""Outputs of the model of frames: the logits of its evaluation, the features that its head reads, and the same from its ONNX file."""

import numpy as np
import onnxruntime
import pytest
import torch

from mien.core.errors import ExportError
from mien.export.frames import prove_features
from mien.export.graph import INPUT, to_onnx
from mien.models.predict import predict_logits
from mien.predict.engine import FEATURES, LOGITS, MAPS
from mien.store.face_images import InMemory
from mien.temporal.features import frame_outputs
from tests.export.make import CONFIG, SIZE_PX, squares, trained_like
from tests.models.make import make_config

LINEAR = make_config(head="linear")


def test_logits_are_those_of_the_evaluation_in_any_order_of_frames() -> None:
    network, images = trained_like(CONFIG), torch.from_numpy(squares(70))
    found = frame_outputs(network, InMemory(images), CONFIG, device="cpu")
    expected_NK = predict_logits(network, images, input_px=CONFIG.input_px, precision="fp32", device="cpu")
    np.testing.assert_allclose(found.logits_NK.numpy(), expected_NK, atol=1e-5)
    turned = frame_outputs(network, InMemory(images.flip(0)), CONFIG, device="cpu")
    np.testing.assert_allclose(turned.features_ND.flip(0).numpy(), found.features_ND.numpy(), atol=1e-5)


def test_the_features_are_what_a_linear_head_reads() -> None:
    network, images = trained_like(LINEAR), torch.from_numpy(squares(5))
    found = frame_outputs(network, InMemory(images), LINEAR, device="cpu")
    layer = next(module for module in network.head.modules() if isinstance(module, torch.nn.Linear))
    with torch.inference_mode():
        np.testing.assert_allclose(layer(found.features_ND).numpy(), found.logits_NK.numpy(), atol=1e-5)


def test_the_onnx_file_of_frames_has_the_same_logits_and_features_in_place_of_maps() -> None:
    network, images_N3SS = trained_like(CONFIG), squares(9)
    layout = {"size_px": SIZE_PX, "input_px": CONFIG.input_px, "tta": "none", "temperature": 1.0}
    graph = to_onnx(network, num_classes=len(CONFIG.classes), features=True, **layout).SerializeToString()  # type: ignore[arg-type]
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    assert MAPS not in [output.name for output in session.get_outputs()]
    logits_NK, features_ND = session.run([LOGITS, FEATURES], {INPUT: images_N3SS})
    expected = frame_outputs(network, InMemory(torch.from_numpy(images_N3SS)), CONFIG, device="cpu")
    np.testing.assert_allclose(logits_NK, expected.logits_NK.numpy(), atol=1e-4)
    np.testing.assert_allclose(features_ND, expected.features_ND.numpy(), atol=1e-4)
    prove_features(graph, images_N3SS, expected.features_ND.numpy())
    with pytest.raises(ExportError, match="a feature differs by"):
        prove_features(graph, images_N3SS, expected.features_ND.numpy() + 0.01)
