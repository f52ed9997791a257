"""From the folder of a trained model to one proved ONNX file. Shapes: N images, 3 colours, S×S side."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mien.core.errors import ExportError
from mien.core.files import replacing_file
from mien.export.gate import Agreement, agreement, graph_maps, graph_outputs, prove, torch_outputs
from mien.export.graph import to_onnx
from mien.export.half import with_half_weights
from mien.export.maps import NUM_PROVED, expected_maps, prove_maps, why_no_maps
from mien.export.metadata import add_metadata
from mien.export.quantise import quantised
from mien.models.description import Description
from mien.models.store import describe_model, load_model
from mien.predict.answer import Answer

if TYPE_CHECKING:
    from onnx import ModelProto

Images = NDArray[np.uint8]
Precision = Literal["fp32", "fp16", "int8"]


@dataclass(frozen=True)
class Exported:
    """A file that was written, and how far it predicts what torch predicts in single precision."""

    file: Path
    precision: Precision
    num_bytes: int
    agreement: Agreement
    shown: str
    """what the images of the comparison are"""

    @property
    def sentence(self) -> str:
        """The result in one line."""
        found = self.agreement
        differences = f"a probability differs by {found.mean_difference:.1g} on average, by {found.max_difference:.1g} at most"
        same = f"{found.same_class:.1%} of {found.num_images} {self.shown} have the class that torch gives in single precision"
        return f"export: {self.file}, {self.precision}, {self.num_bytes / 1e6:.1f} MB; {same}; {differences}"


def export_onnx(
    folder: Path,
    file: Path,
    *,
    answer: Answer,
    tta: str,
    images_N3SS: Images,
    shown: str = "images",
    precision: Precision = "fp32",
    calibration_N3SS: Callable[[], Images] | None = None,
    progress: bool = False,
) -> Exported:
    """Converts the model in `folder`, proves the graph, and writes `file` completely or not at all; the same input gives the same bytes.

    Args:
        folder: weights.safetensors and model.json, as `load_model` reads them.
        file: the file to write; an existing one is replaced.
        answer: what an answer needs besides the network, for the metadata; its temperature and the side of its squares are in the graph.
        tta: the views whose mean the temperature was fitted on (mien.models.tta).
        images_N3SS: squares on which the graph must predict what torch predicts.
        shown: what these images are, such as test images, for the sentence.
        precision: fp32 stores and computes in single precision; fp16 stores the weights in half precision; int8 computes with 8 bits.
        calibration_N3SS: gives training images, from which the ranges of int8 are measured; not called for other precisions.
        progress: shows progress bars.

    The graph in single precision must pass the gate for every precision (ExportError otherwise, see mien.export.gate and, for its class
    maps, mien.export.maps). What fp16 and int8 lose is measured and returned. Raises ExportError also if `answer` is not of this model, and
    as `load_model` does.
    """
    import onnx

    network, config = load_model(folder)
    _check_answer(answer, describe_model(folder), folder, images_N3SS)

    def bar(what: str) -> str | None:
        return f"export {answer.name}, {what}" if progress else None

    layout = {"input_px": config.input_px, "tta": tta, "temperature": answer.temperature}
    model = to_onnx(network, num_classes=len(answer.classes), size_px=answer.size_px, **layout)  # type: ignore[arg-type]
    expected = torch_outputs(network, images_N3SS, **layout, progress=bar("torch"))  # type: ignore[arg-type]
    note = why_no_maps(network, tta)
    add_metadata(model, answer, precision="fp32", no_maps=note)
    found = prove(graph_outputs(model.SerializeToString(), images_N3SS, progress=bar("fp32")), expected, classes=answer.classes)
    if not note:
        few = images_N3SS[:NUM_PROVED]
        maps_NKhw = expected_maps(network, few, input_px=config.input_px, num_classes=len(answer.classes))
        prove_maps(graph_maps(model.SerializeToString(), few), maps_NKhw)
    if precision != "fp32":
        model = _smaller(model, precision, calibration_N3SS, progress=bar("calibration"))
        add_metadata(model, answer, precision=precision, no_maps=note)
        found = agreement(graph_outputs(model.SerializeToString(), images_N3SS, progress=bar(precision)), expected)
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    with replacing_file(file) as temporary:
        temporary.write_bytes(content)
    return Exported(file, precision, len(content), found, shown)


def _smaller(model: "ModelProto", precision: Precision, calibration: Callable[[], Images] | None, *, progress: str | None) -> "ModelProto":
    if precision == "fp16":
        return with_half_weights(model)
    assert calibration is not None, "int8 needs images for calibration"
    return quantised(model, calibration(), progress=progress)


def _check_answer(answer: Answer, description: Description, folder: Path, images_N3SS: Images) -> None:
    """Raises ExportError unless the answer was written for exactly this model."""
    config = description.config
    evaluate = f"run `dvc repro evaluate@{config.name}` to make it anew"
    if answer.weights_sha256 != description.weights_sha256:
        raise ExportError(f"the answer settings of {answer.name} belong to other weights than those in {folder}; {evaluate}")
    if answer.classes != config.classes:
        raise ExportError(f"the answer settings of {answer.name} have other classes than {folder}; {evaluate}")
    if answer.size_px > config.input_px:
        raise ExportError(
            f"the answer settings of {answer.name} have squares of {answer.size_px} px, "
            f"but the network's input has {config.input_px} px; {evaluate}"
        )
    assert images_N3SS.dtype == np.uint8 and images_N3SS.shape[1:] == (3, answer.size_px, answer.size_px) and len(images_N3SS)
