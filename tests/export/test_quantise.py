"""Quantisation to 8 bits."""

import numpy as np
import pytest
from onnx import ModelProto

from mien.export.gate import graph_outputs, torch_outputs
from mien.export.graph import to_onnx
from mien.export.quantise import FLOAT_FIRST, WEIGHTED, quantised
from tests.models.make import make_config

from .make import SIZE_PX, squares, trained_like

CONFIG = make_config(head="dense", head_params={"hidden": 64})
HOW = {"input_px": 64, "tta": "flip", "temperature": 1.0}
NETWORK = trained_like(CONFIG)


@pytest.fixture(scope="module")
def single() -> ModelProto:
    return to_onnx(NETWORK, num_classes=3, size_px=SIZE_PX, **HOW)


@pytest.fixture(scope="module")
def eight_bits(single: ModelProto) -> ModelProto:
    return quantised(single, squares(32, seed=9))


def test_its_logits_follow_those_of_single_precision(eight_bits: ModelProto) -> None:
    images = squares(24)
    expected, given = torch_outputs(NETWORK, images, **HOW), graph_outputs(eight_bits.SerializeToString(), images)
    for before_N, after_N in zip(expected.logits_NK.T, given.logits_NK.T, strict=True):
        assert np.corrcoef(before_N, after_N)[0, 1] > 0.95
    assert abs(given.probabilities_NK.sum(axis=1) - 1).max() < 1e-6 and (expected.logits_NK != given.logits_NK).all()


def test_the_images_the_first_layers_and_what_follows_the_network_stay_in_single_precision(eight_bits: ModelProto) -> None:
    nodes, made_by = list(eight_bits.graph.node), {output: node for node in eight_bits.graph.node for output in node.output}
    weighted = [node for node in nodes if node.op_type in WEIGHTED]
    scaled = [any(made_by[name].op_type == "DequantizeLinear" for name in node.input if name in made_by) for node in weighted]
    assert [made_by[weighted[0].input[0]].op_type, scaled[1:FLOAT_FIRST]] == ["Div", [False] * (FLOAT_FIRST - 1)]
    assert all(scaled[FLOAT_FIRST:-1])
    assert made_by[weighted[-1].input[1]].op_type != "DequantizeLinear" if weighted[-1].input[1] in made_by else True
    behind = nodes[nodes.index(weighted[-1]) :]
    assert not [node.name for node in behind if node.op_type == "QuantizeLinear"]


def test_same_model_and_images_same_bytes_and_other_images_other_ranges(single: ModelProto, eight_bits: ModelProto) -> None:
    assert quantised(single, squares(32, seed=9)).SerializeToString() == eight_bits.SerializeToString()
    assert quantised(single, squares(32, seed=9) // 4).SerializeToString() != eight_bits.SerializeToString()


def test_a_batch_of_five_equals_five_of_one(eight_bits: ModelProto) -> None:
    images, content = squares(8), eight_bits.SerializeToString()
    together = graph_outputs(content, images)
    alone = np.concatenate([graph_outputs(content, images[[number]]).logits_NK for number in range(8)])
    assert abs(together.logits_NK - alone).max() < 1e-5
