"""Weights in half precision."""

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper

from mien.core.errors import ExportError
from mien.export.gate import agreement, graph_outputs, torch_outputs
from mien.export.graph import to_onnx
from mien.export.half import FEWEST, with_half_weights
from tests.models.make import make_config

from .make import SIZE_PX, squares, trained_like

CONFIG = make_config(head="dense", head_params={"hidden": 512})
HOW = {"input_px": 64, "tta": "none", "temperature": 1.0}


def test_half_the_bytes_and_almost_the_same_predictions() -> None:
    network, images = trained_like(CONFIG), squares(8)
    whole = to_onnx(network, num_classes=3, size_px=SIZE_PX, **HOW)
    before = whole.SerializeToString()
    half = with_half_weights(whole)
    assert whole.SerializeToString() == before, "the given model is left as it is"
    sizes = [sum(len(tensor.raw_data) for tensor in each.graph.initializer) for each in (half, whole)]
    assert 0.5 <= sizes[0] / sizes[1] < 0.52
    found = agreement(graph_outputs(half.SerializeToString(), images), torch_outputs(network, images, **HOW))
    assert 0 < found.max_difference < 0.01


def test_weights_are_rounded_and_small_tensors_are_not() -> None:
    whole = to_onnx(trained_like(CONFIG), num_classes=3, size_px=SIZE_PX, **HOW)
    stored = {tensor.name: tensor for tensor in with_half_weights(whole).graph.initializer}
    for tensor in whole.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.size < FEWEST or values.dtype != np.float32:
            assert stored[tensor.name] == tensor
        else:
            half = stored[f"{tensor.name}_half"]
            assert half.data_type == TensorProto.FLOAT16 and np.array_equal(numpy_helper.to_array(half), values.astype(np.float16))
    assert {"network:mean_C11", "network:std_C11"} <= set(stored), "the normalisation is exact"


def test_weights_beyond_half_precision_are_refused() -> None:
    whole = to_onnx(trained_like(CONFIG), num_classes=3, size_px=SIZE_PX, **HOW)
    tensor = max(whole.graph.initializer, key=lambda each: len(each.raw_data))
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(1e9), tensor.name))
    with pytest.raises(ExportError, match=rf"--precision fp16: {tensor.name} has values beyond half precision; use fp32"):
        with_half_weights(whole)
