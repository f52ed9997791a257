"""What a model achieves that answers only if it is confident enough: the threshold is chosen on validation, and tested on test images."""

from typing import Any

import pandas as pd

from mien.evaluate.predictions import Predictions
from mien.statistics.calibration import probabilities
from mien.statistics.selective import (
    OperatingPoint,
    area_under_risk,
    at_threshold,
    confidences,
    point_for,
    selective_curve,
    selective_table,
)


def selective_report(tested: Predictions, validated: Predictions, *, temperature: float, min_accuracy: float) -> dict[str, Any]:
    """JSON values: the threshold whose answers are right often enough on `validation`, what it gives on `test` images, and their `aurc`.

    Without a threshold that reaches `min_accuracy` on validation, it is None and no answer is given.
    """
    sure_N, right_N = _confidences(tested, temperature)
    chosen = point_for(validation_points(validated, temperature=temperature), min_accuracy)
    found: dict[str, Any] = {"min_accuracy": min_accuracy, "threshold": None, "aurc": area_under_risk(sure_N, right_N)}
    if chosen is None:
        return found
    coverage, accuracy, number = at_threshold(sure_N, right_N, chosen.threshold)
    return {
        **found,
        "threshold": chosen.threshold,
        "validation": {"coverage": chosen.coverage, "accuracy": chosen.accuracy},
        "test": {"coverage": coverage, "accuracy": accuracy, "num_images": number},
    }


def selective_curves(tested: Predictions, validated: Predictions, *, temperature: float) -> pd.DataFrame:
    """The curves of test and validation images, for plots (mien.statistics.selective.SELECTIVE)."""
    return selective_table({"test": _confidences(tested, temperature), "validation": _confidences(validated, temperature)})


def validation_points(validated: Predictions, *, temperature: float) -> list[OperatingPoint]:
    """The curve of the validation images, from which a threshold can be chosen later."""
    return selective_curve(*_confidences(validated, temperature))


def _confidences(predictions: Predictions, temperature: float) -> Any:
    return confidences(probabilities(predictions.logits_NK / temperature), predictions.actual_N)
