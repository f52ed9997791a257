"""The network of single frames below a temporal model, as an ONNX file with the output `features` in place of `maps`."""

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from mien.core import paths
from mien.core.files import replacing_file
from mien.export.gate import MAX_DIFFERENCE, graph_outputs, prove, torch_outputs
from mien.export.graph import INPUT, to_onnx
from mien.export.images import NUM_DRAWN, NUM_PROOF, drawn_squares, stored_squares
from mien.export.metadata import add_metadata
from mien.export.refusing import refused
from mien.models.inputs import to_input
from mien.models.store import load_model
from mien.predict.answer import Answer
from mien.predict.engine import FEATURES


def export_frames(model: str, file: Path, *, answer: Answer) -> None:
    """Converts a model of this repository, and proves logits and features on test images, or on drawn faces if these are not here.

    `answer` is that of the model. Raises ExportError as `export_onnx` does.
    """
    has_images = paths.SPLITS.is_file() and paths.FACES.is_dir()
    if has_images:
        images_N3SS = stored_squares(paths.FACES, paths.SPLITS, split="test", num=NUM_PROOF, size_px=answer.size_px)
    else:
        images_N3SS = drawn_squares(num=NUM_DRAWN, size_px=answer.size_px, grey=answer.grey)
    network, config = load_model(paths.model(model))
    layout = {"input_px": config.input_px, "tta": "none", "temperature": answer.temperature}
    graph = to_onnx(network, num_classes=len(answer.classes), size_px=answer.size_px, features=True, **layout)  # type: ignore[arg-type]
    add_metadata(graph, answer, precision="fp32", no_maps="it is the network of frames of a temporal model")
    content = graph.SerializeToString()
    prove(graph_outputs(content, images_N3SS), torch_outputs(network, images_N3SS, **layout), classes=answer.classes)  # type: ignore[arg-type]
    with torch.inference_mode():
        inputs_N3PP = to_input(torch.from_numpy(images_N3SS), input_px=config.input_px, channels_last=False)
        prove_features(content, images_N3SS, network.forward_features(inputs_N3PP).mean((2, 3)).numpy())
    onnx.checker.check_model(graph, full_check=True)
    with replacing_file(file) as temporary:
        temporary.write_bytes(content)


def prove_features(graph: bytes, images_N3SS: NDArray[np.uint8], expected_ND: NDArray[np.float32]) -> None:
    """Raises ExportError if a feature differs by MAX_DIFFERENCE or more of the largest one."""
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    (given_ND,) = session.run([FEATURES], {INPUT: images_N3SS})
    off = float(np.abs(given_ND - expected_ND).max()) / max(1.0, float(np.abs(expected_ND).max()))
    if not off < MAX_DIFFERENCE:
        raise refused(f"a feature differs by {off:.1e} of the largest one, but at most {MAX_DIFFERENCE:.0e} is allowed")
