"""Runs an exported network with ONNX Runtime. Shapes: N faces, S×S pixels, K classes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mien.core.errors import PredictError
from mien.predict.answer import Answer, parse_answer

METADATA = "mien"
"""the key of the metadata under which an exported network holds its Answer"""

Figures = NDArray[np.float32]


@dataclass(frozen=True)
class Engine:
    """An exported network in memory."""

    answer: Answer
    session: Any

    @classmethod
    def load(cls, path: Path, *, threads: int = 1) -> "Engine":
        """The network of a file that `mien export onnx` wrote; `threads` compute one batch, 0 for one per core.

        Raises PredictError if there is no such file, or if it is no such network.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors only
        if not path.is_file():
            raise PredictError(f"there is no file {path}; name a model of params.yaml, an exported .onnx, or a folder with model.onnx")
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises classes of its own, without a common one
            reason = " ".join(str(error).split())[:160]
            raise PredictError(f"{path} is not an ONNX file that ONNX Runtime can read ({reason}); export the model again") from None
        written = session.get_modelmeta().custom_metadata_map.get(METADATA)
        if written is None:
            raise PredictError(f"{path} has no metadata of mien, so its classes and its crop are unknown; make it with `mien export onnx`")
        return cls(parse_answer(written, where=str(path), remedy="export the model again with `mien export onnx`"), session)

    def run(self, pixels_NSS3: NDArray[np.uint8]) -> tuple[Figures, Figures]:
        """Logits and calibrated probabilities of faces, each N×K."""
        images_N3SS = np.ascontiguousarray(pixels_NSS3.transpose(0, 3, 1, 2))
        logits_NK, probabilities_NK = self.session.run(["logits", "probabilities"], {"images": images_N3SS})
        return logits_NK, probabilities_NK
