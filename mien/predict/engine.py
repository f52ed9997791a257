"""Runs an exported network with ONNX Runtime. Shapes: N faces, S×S pixels, K classes, h×w cells of a class map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mien.core.errors import PredictError
from mien.predict.answer import Answer, parse_answer
from mien.predict.clips.answer import Pooling
from mien.predict.clips.pooling import Frames

METADATA = "mien"
"""the key of the metadata under which an exported network holds its Answer"""

LOGITS, PROBABILITIES, MAPS = "logits", "probabilities", "maps"
"""the outputs of an exported network; `maps` only if its head has class maps"""
FEATURES = "features"
"""the output of a network of frames, below a temporal model, in place of `maps`"""
MAPS_NOTE = "maps"
"""the key of the metadata that says what the maps are, or `none: ` and why there are none; older files do not have it"""
NONE = "none: "
REMEDY = "export the model again with `mien export onnx`"

Figures = NDArray[np.float32]


@dataclass(frozen=True)
class Answers:
    """What a network makes of N faces: calibrated probabilities and, where they are asked for, the map of each class, ≥ 0, N×K×h×w.

    A temporal model also gives the `frames` that it can pool with others.
    """

    probabilities_NK: Figures
    maps_NKhw: Figures | None = None
    frames: Sequence[Frames] | None = None

    def faces(self) -> list[tuple[Figures, Figures | None]]:
        """The probabilities, K, and the maps, K×h×w, of each face."""
        return list(zip(self.probabilities_NK, self.maps_NKhw if self.maps_NKhw is not None else repeat(None), strict=False))


@dataclass(frozen=True)
class Engine:
    """An exported network in memory.

    Args:
        answer: what an answer needs besides the network.
        session: of ONNX Runtime, or what answers like one (mien.predict.ensemble).
        no_maps: why it has no class maps; empty if it has.
        explains: whether `answers` has maps.
        pooling: what makes one answer of the frames of a clip; None for what answers for single faces.
    """

    answer: Answer
    session: Any
    no_maps: str = ""
    explains: bool = False
    pooling: Pooling | None = None

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
        texts = session.get_modelmeta().custom_metadata_map
        written = texts.get(METADATA)
        if written is None:
            raise PredictError(f"{path} has no metadata of mien, so its classes and its crop are unknown; make it with `mien export onnx`")
        answer = parse_answer(written, where=str(path), remedy=REMEDY)
        has_maps = MAPS in [output.name for output in session.get_outputs()]
        return cls(answer, session, "" if has_maps else _why_no_maps(answer.name, texts, path))

    def with_detector(self, detector: str) -> "Engine":
        """The same network, for faces that are found by `detector`; `model` is the one of its training."""
        if detector == "model":
            return self
        faces = self.answer.faces.model_copy(update={"detector": detector})
        return replace(self, answer=self.answer.model_copy(update={"faces": faces}))

    def explaining(self) -> "Engine":
        """The same network, whose `answers` have maps. Raises PredictError if it has none."""
        if self.no_maps:
            raise PredictError(f"--explain: {self.no_maps}")
        return replace(self, explains=True)

    def run(self, pixels_NSS3: NDArray[np.uint8]) -> tuple[Figures, Figures]:
        """Logits and calibrated probabilities of faces, each N×K."""
        logits_NK, probabilities_NK = self._outputs([LOGITS, PROBABILITIES], pixels_NSS3)
        return logits_NK, probabilities_NK

    def answers(self, pixels_NSS3: NDArray[np.uint8]) -> Answers:
        """Calibrated probabilities of faces, and their maps if the engine explains. A temporal model takes each for a clip of one frame."""
        if (pooling := self.pooling) is not None:
            logits_NK, features_ND = self._outputs([LOGITS, FEATURES], pixels_NSS3)
            frames = [Frames(logits_K[None], features_D[None]) for logits_K, features_D in zip(logits_NK, features_ND, strict=True)]
            return Answers(np.stack([pooling.probabilities(frame) for frame in frames]), frames=frames)
        probabilities_NK, *maps = self._outputs([PROBABILITIES, *([MAPS] if self.explains else [])], pixels_NSS3)
        return Answers(probabilities_NK, maps[0] if maps else None)

    def _outputs(self, names: list[str], pixels_NSS3: NDArray[np.uint8]) -> list[Figures]:
        outputs: list[Figures] = self.session.run(names, {"images": np.ascontiguousarray(pixels_NSS3.transpose(0, 3, 1, 2))})
        return outputs


def _why_no_maps(name: str, texts: Mapping[str, str], path: Path) -> str:
    """In words that name the remedy, from the metadata of a file without maps."""
    if not texts.get(MAPS_NOTE, "").startswith(NONE):
        return f"{path} was written before exported models had class maps; {REMEDY}"
    why = texts[MAPS_NOTE].removeprefix(NONE)
    return f"{name} has no class maps, because {why}; `dvc repro explain@{name}` draws maps in the repository that trained it"
