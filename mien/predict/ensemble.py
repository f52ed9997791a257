"""An ensemble as one network: the mean of the calibrated probabilities of its members, as the stage `ensemble` computes it.

Members may be given squares of different sizes. These lie side by side in one array, so that everything between the photograph and the
network treats an ensemble as a model. Shapes: N faces, V members, S×S square of a member, K classes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from mien.core.errors import PredictError
from mien.predict.answer import Answer
from mien.predict.engine import LOGITS, PROBABILITIES, Engine, Figures
from mien.predict.ensemble_answer import EnsembleAnswer
from mien.statistics.pooling import log_mean_probabilities, log_probabilities

_SHARED = ("decode", "grey", "faces")
"""what decides the square; it is made once for all members"""


class _JoinedAnswer(Answer):
    """The answer of an ensemble; `size_px` is the largest side."""

    sides_px: tuple[int, ...]

    @property
    def squares_px(self) -> tuple[int, ...]:
        return self.sides_px


@dataclass(frozen=True)
class _Members:
    """Answers like a session of ONNX Runtime."""

    engines: Sequence[Engine]
    sides_px: tuple[int, ...]
    temperature: float

    def run(self, names: Sequence[str], feeds: dict[str, NDArray[np.uint8]]) -> list[Figures]:
        (squares_N3SX,) = feeds.values()
        ends = dict(zip(self.sides_px, np.cumsum(self.sides_px).tolist(), strict=True))
        logs_VNK = []
        for engine in self.engines:
            side_px = engine.answer.size_px
            pixels_NSS3 = squares_N3SX[:, :, :side_px, ends[side_px] - side_px : ends[side_px]].transpose(0, 2, 3, 1)
            logs_VNK.append(log_probabilities(engine.run(pixels_NSS3)[0], temperature=engine.answer.temperature))
        logits_NK = log_mean_probabilities(logs_VNK).astype(np.float32)
        outputs = {LOGITS: logits_NK, PROBABILITIES: softmax(logits_NK / self.temperature, axis=1).astype(np.float32)}
        return [outputs[name] for name in names]


def ensemble_engine(own: EnsembleAnswer, engines: Sequence[Engine]) -> Engine:
    """The engine of an ensemble. Raises PredictError if a member is not the one that was tested, or if the members are too different."""
    answers = [engine.answer for engine in engines]
    _check(own, answers)
    sides_px = tuple(sorted({answer.size_px for answer in answers}))
    shared: dict[str, Any] = {name: getattr(answers[0], name) for name in _SHARED}
    digest = hashlib.sha256("\n".join(answer.weights_sha256 for answer in answers).encode()).hexdigest()
    answer = _JoinedAnswer(
        **{name: getattr(own, name) for name in ("name", "classes", "temperature", "min_accuracy", "selective", "test", "version")},
        **shared,
        size_px=sides_px[-1],
        sides_px=sides_px,
        weights_sha256=digest,
        licence=" + ".join(dict.fromkeys(answer.licence for answer in answers if answer.licence)),
    )
    no_maps = f"{own.name} is an ensemble, and what decided its answers is a question to each member; name one of {', '.join(own.members)}"
    return Engine(answer, _Members(tuple(engines), sides_px, own.temperature), no_maps)


def _check(own: EnsembleAnswer, answers: Sequence[Answer]) -> None:
    first = answers[0]
    for answer in answers:
        if answer.weights_sha256 != own.members[answer.name]:
            raise PredictError(
                f"--model {own.name}: {answer.name} was trained again after the ensemble was tested; run `dvc repro ensemble@{own.name}`"
            )
        if answer.classes != own.classes:
            raise PredictError(
                f"--model {own.name}: {answer.name} has the classes {', '.join(answer.classes)}, but the ensemble was tested with "
                f"{', '.join(own.classes)}, so they cannot be averaged; run `dvc repro ensemble@{own.name}`"
            )
        for name in _SHARED:
            if getattr(answer, name) != getattr(first, name):
                raise PredictError(
                    f"--model {own.name}: {answer.name} and {first.name} prepare faces in different ways "
                    f"({_difference(name, first, answer)}), so they cannot be given the same; run `dvc repro ensemble@{own.name}`"
                )


def _difference(name: str, first: Answer, second: Answer) -> str:
    """The first key that differs, and both values."""
    values = [getattr(answer, name) for answer in (first, second)]
    if name == "grey":
        return f"grey: {values[0]} and {values[1]}"
    one, other = (value.model_dump() for value in values)
    key = next(key for key in one if one[key] != other[key])
    return f"{name}.{key}: {one[key]} and {other[key]}"
