"""Gives an exported network another answer and another temperature, because a smaller network is not calibrated as the one it is made from.

Shapes: N images, K classes.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from mien.core.errors import ExportError
from mien.core.files import replacing_file
from mien.export.gate import MAX_DIFFERENCE
from mien.export.metadata import add_metadata
from mien.export.refusing import REMEDY
from mien.predict.answer import Answer
from mien.predict.engine import MAPS_NOTE, NONE, Engine

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto


def recalibrate(source: Path, target: Path, *, answer: Answer, precision: str, images_NSS3: NDArray[np.uint8], threads: int = 1) -> Engine:
    """Writes the network in `source` to `target` with the temperature of `answer` in its graph and the answer in its metadata.

    The logits stay as they are. Returns the new network. Raises ExportError, and writes nothing, if the new network does not give the
    old one's logits for the images, or not their softmax after division by the temperature.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(source)
    _divisor(model).CopyFrom(numpy_helper.from_array(np.array(answer.temperature, dtype=np.float32)))
    note = {entry.key: entry.value for entry in model.metadata_props}.get(MAPS_NOTE, "")
    add_metadata(model, answer, precision=precision, no_maps=note.removeprefix(NONE) if note.startswith(NONE) else "")
    onnx.checker.check_model(model, full_check=True)
    with replacing_file(target) as temporary:
        temporary.write_bytes(model.SerializeToString())
        engine = Engine.load(temporary, threads=threads)
        old_NK, _ = Engine.load(source, threads=threads).run(images_NSS3)
        logits_NK, probabilities_NK = engine.run(images_NSS3)
        expected_NK = softmax(logits_NK.astype(np.float64) / answer.temperature, axis=1)
        is_same = np.allclose(old_NK, logits_NK, rtol=0, atol=MAX_DIFFERENCE)
        if not (is_same and np.allclose(probabilities_NK, expected_NK, rtol=0, atol=MAX_DIFFERENCE)):
            raise ExportError(f"{target} was not written, because its graph does not divide by the temperature; {REMEDY}")
    return engine


def _divisor(model: "ModelProto") -> "TensorProto":
    """The constant by which the graph divides the logits before their softmax (mien.export.graph.Answers)."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    division = made_by[made_by["probabilities"].input[0]]
    constant = made_by[division.input[1]]
    assert (division.op_type, constant.op_type) == ("Div", "Constant"), "mien.export.graph divides by a constant last"
    tensor: TensorProto = constant.attribute[0].t
    return tensor
