"""A tiny exported network: its logits are a linear function of the mean colour, so that its answers can be computed by hand.

Its class maps are that of the mean colour of each quarter, divided by 4.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mien.config.sections.faces import FaceParams
from mien.predict.answer import Answer, Decoding, Point, Recall, Tested
from mien.predict.engine import MAPS, MAPS_NOTE, METADATA

CLASSES = ["happy", "sad", "angry"]  # the likeliest for red, green and blue images
SIZE_PX = 48
SCALE = 4.0


def answer(**changes: object) -> Answer:
    """Whole images; 9 of 10 answers with a confidence of at least .6 are right."""
    values: dict[str, object] = {
        "name": "colours", "classes": CLASSES, "size_px": SIZE_PX, "grey": False,
        "decode": Decoding(max_side_px=640, max_megapixels=20.0, jpeg_quality=95), "faces": FaceParams(detector="none", size_px=SIZE_PX),
        "temperature": 2.0, "min_accuracy": 0.9,
        "selective": [Point(threshold=0.6, coverage=0.5, accuracy=0.9), Point(threshold=0.0, coverage=1.0, accuracy=0.7)],
        "test": Tested(
            num_images=30, accuracy=0.7, accuracy_low=0.6, accuracy_high=0.8, mean_accuracy=0.6, macro_f1=0.6,
            recalls=[Recall(label=label, recall=0.6, num_images=10) for label in CLASSES],
        ),
        "weights_sha256": "0" * 64, "licence": "", "version": "0",
    }  # fmt: skip
    return Answer.model_validate({**values, **changes})


def write_network(path: Path, about: Answer | None = None, *, no_maps: str | None = None) -> Path:
    """Writes the network with its answer; without one, it has no metadata. `no_maps` leaves out its maps and says why ("": an old file)."""
    known = about or answer()
    weights = numpy_helper.from_array((SCALE * np.eye(3)).astype(np.float32), "weights")
    divisor, heat = (numpy_helper.from_array(np.array(value, np.float32), name) for name, value in (("d", 255), ("t", known.temperature)))
    axes = numpy_helper.from_array(np.array([2, 3], np.int64), "axes")
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "d"], ["scaled"]),
        helper.make_node("ReduceMean", ["scaled", "axes"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["logits"]),
        helper.make_node("Div", ["logits", "t"], ["cooled"]),
        helper.make_node("Softmax", ["cooled"], ["probabilities"], axis=1),
        helper.make_node("AveragePool", ["scaled"], ["quarters"], kernel_shape=[known.size_px // 2] * 2, strides=[known.size_px // 2] * 2),
        helper.make_node("Mul", ["quarters", "quarter"], [MAPS]),
    ]
    given = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 3, known.size_px, known.size_px])
    taken = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("logits", "probabilities")]
    if no_maps is None:
        taken.append(helper.make_tensor_value_info(MAPS, TensorProto.FLOAT, ["n", 3, 2, 2]))
    quarter = numpy_helper.from_array(np.array(SCALE / 4, np.float32), "quarter")
    graph = helper.make_graph(nodes, "colours", [given], taken, [weights, divisor, heat, axes, quarter])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if about:
        helper.set_model_props(model, {METADATA: about.model_dump_json(), **({MAPS_NOTE: f"none: {no_maps}"} if no_maps else {})})
    onnx.save(model, str(path))
    return path
