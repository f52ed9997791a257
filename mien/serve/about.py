"""What the server says of its model and its limits, and which confidence an accuracy needs."""

from dataclasses import asdict

from mien.predict.answer import Answer
from mien.serve.limits import Limits
from mien.serve.refusing import Refusal
from mien.serve.schema import LimitsAnswer, ModelAnswer


def about(answer: Answer, limits: Limits, *, explains: bool) -> ModelAnswer:
    """The answer to GET /v1/model; `explains` if the network has maps."""
    return ModelAnswer(
        name=answer.name,
        classes=answer.classes,
        size_px=answer.size_px,
        explains=explains,
        detector=answer.faces.detector,
        min_accuracy=answer.min_accuracy,
        threshold=threshold_of(answer, None),
        selective=answer.selective,
        test=answer.test,
        licence=answer.licence,
        weights_sha256=answer.weights_sha256,
        version=answer.version,
        limits=LimitsAnswer(**asdict(limits)),
    )


def threshold_of(answer: Answer, min_accuracy: float | None) -> float | None:
    """The confidence below which an answer is unsure; None if the model's own default cannot be reached on the validation images.

    Raises Refusal if the request itself asks for an accuracy that cannot be reached.
    """
    if (point := answer.threshold(answer.min_accuracy if min_accuracy is None else min_accuracy)) is not None:
        return point.threshold
    if min_accuracy is None:
        return None
    best = answer.best_accuracy
    reached = f"the best is {best.accuracy:.4f} at {best.coverage:.0%} of the images"
    raise Refusal("bad_parameter", f"min_accuracy: no threshold reached {min_accuracy:g} on the validation images; {reached}")
