"""The gate: what it lets through, and what it refuses."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import ModelProto, numpy_helper
from scipy.special import softmax

from mien.core.errors import ExportError
from mien.export.gate import BATCH_SIZES, Outputs, agreement, graph_outputs, prove, torch_outputs
from mien.export.graph import to_onnx
from tests.models.make import make_config

from .make import SIZE_PX, squares, trained_like

CONFIG = make_config(head="linear")
HOW = {"input_px": 64, "tta": "none", "temperature": 2.0}
IMAGES = squares(12)


@pytest.fixture(scope="module")
def expected() -> Outputs:
    return torch_outputs(trained_like(CONFIG), IMAGES, **HOW)


@pytest.fixture(scope="module")
def graph() -> ModelProto:
    return to_onnx(trained_like(CONFIG), num_classes=3, size_px=SIZE_PX, **HOW)


def tampered(graph: ModelProto, change: Callable[[ModelProto], None]) -> bytes:
    copy = ModelProto()
    copy.CopyFrom(graph)
    change(copy)
    return copy.SerializeToString()


def test_an_honest_graph_passes(graph: ModelProto, expected: Outputs) -> None:
    found = prove(graph_outputs(graph.SerializeToString(), IMAGES), expected, classes=CONFIG.classes)
    assert (found.num_images, found.same_class) == (12, 1.0) and 0 <= found.mean_difference <= found.max_difference < 1e-5


def test_a_batch_of_five_equals_five_of_one(graph: ModelProto) -> None:
    together = graph_outputs(graph.SerializeToString(), IMAGES)
    alone = [graph_outputs(graph.SerializeToString(), IMAGES[[number]]) for number in range(len(IMAGES))]
    assert set(BATCH_SIZES) >= {1, 5}
    assert abs(together.logits_NK - np.concatenate([each.logits_NK for each in alone])).max() < 1e-6


def scaled_weights(graph: ModelProto) -> None:
    """A fifth more for the first layer of the network, as a broken exporter of batch norms would have it."""
    tensor = next(each for each in graph.graph.initializer if len(each.dims) == 4)
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * 1.2, tensor.name))


def not_a_number(graph: ModelProto) -> None:
    tensor = next(each for each in graph.graph.initializer if len(each.dims) == 4)
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32("nan"), tensor.name))


def classes_swapped(graph: ModelProto) -> None:
    for tensor in graph.graph.initializer:
        if "head.classifier" in tensor.name:  # its bias, and its weights, which logits and maps share
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor)[::-1].copy(), tensor.name))


def without_temperature(graph: ModelProto) -> None:
    last = next(node for node in graph.graph.node if node.op_type == "Softmax")
    last.input[0] = "logits"


def logits_after_the_temperature(graph: ModelProto) -> None:
    last = next(node for node in graph.graph.node if node.op_type == "Softmax")
    for node in graph.graph.node:
        if "logits" in node.output:
            node.output[0] = "before"
        elif last.input[0] in node.output:
            node.output[0] = "logits"
    last.input[0] = "logits"


def outputs_swapped(graph: ModelProto) -> None:
    first, second, _ = graph.graph.output
    first.name, second.name = second.name, first.name


def one_batch_size(graph: ModelProto) -> None:
    """As an exporter without dynamic axes fixes it: in the shape of the input, and in the graph."""
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (scaled_weights, "differs by|give"),
        (not_a_number, "not finite"),
        (classes_swapped, r"its logits give \w+ for image \d+, not \w+"),
        (without_temperature, "a probability differs by"),
        (logits_after_the_temperature, "a logit differs by"),
        (outputs_swapped, "the graph maps images to probabilities, logits, maps, not images to logits, probabilities"),
        (one_batch_size, "ONNX Runtime cannot run the graph"),
    ],
)
def test_a_tampered_graph_is_refused(graph: ModelProto, expected: Outputs, change: Callable[[ModelProto], None], fault: str) -> None:
    with pytest.raises(ExportError, match=f"nothing was written, because .*({fault}).*report it"):
        prove(graph_outputs(tampered(graph, change), IMAGES), expected, classes=CONFIG.classes)


def test_bytes_that_are_no_graph_are_refused(graph: ModelProto) -> None:
    for broken in (b"", b"\0" * 99, graph.SerializeToString()[:-5000]):
        with pytest.raises(ExportError, match="ONNX Runtime cannot run the graph"):
            graph_outputs(broken, IMAGES)
    assert onnx.load_from_string(graph.SerializeToString()).graph.node, "unlike the whole one"


def outputs(logits: list[list[float]]) -> Outputs:
    return Outputs(np.array(logits), softmax(np.array(logits), axis=1))


@pytest.mark.parametrize(("gap", "passes"), [(1e-6, True), (1e-5, False)])
def test_classes_that_are_tied_may_swap_places(gap: float, passes: bool) -> None:
    """With two classes of about .5 each, the probabilities differ by half the gap of the logits."""
    expected, given = outputs([[1.0, 1.0 + gap, -9.0]]), outputs([[1.0 + gap, 1.0, -9.0]])
    if passes:
        assert prove(given, expected, classes=CONFIG.classes).same_class == 0.0, "it is counted, but not refused"
    else:
        with pytest.raises(ExportError, match="its logits give angry for image 0, not happy"):
            prove(given, expected, classes=CONFIG.classes)


def test_logits_that_are_all_shifted_are_refused_though_their_softmax_is_the_same() -> None:
    expected = outputs([[1.0, 2.0, 3.0]])
    with pytest.raises(ExportError, match="a logit differs"):
        prove(Outputs(expected.logits_NK + 1, expected.probabilities_NK), expected, classes=CONFIG.classes)


def test_agreement_is_the_share_of_equal_classes_and_the_mean_difference() -> None:
    expected = Outputs(np.zeros((2, 2)), np.array([[0.9, 0.1], [0.6, 0.4]]))
    found = agreement(Outputs(np.zeros((2, 2)), np.array([[0.9, 0.1], [0.4, 0.6]])), expected)
    assert (found.same_class, found.mean_difference, found.max_difference) == (0.5, pytest.approx(0.1), pytest.approx(0.2))


def test_outputs_of_another_shape_are_refused() -> None:
    with pytest.raises(ExportError, match=r"shape \(1, 2\), not \(1, 3\)"):
        agreement(outputs([[1.0, 2.0]]), outputs([[1.0, 2.0, 3.0]]))
