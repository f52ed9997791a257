"""Temperature scaling: a single number that divides a model's logits to calibrate its confidence (Guo et al. 2017, section 4.2).

The temperature is fitted on validation images and reported on test images. It changes the probabilities but no predicted class.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from mien.statistics.calibration import NUM_BINS, calibration_figures, negative_log_likelihood, probabilities, reliability_bins

BOUNDS = (0.05, 20.0)
"""A model that is right on every validation image has no optimum: the likelihood grows as the temperature falls. It gets the bound."""
RELIABILITY = ("temperature", "low", "high", "num_images", "confidence", "accuracy")


def fit_temperature(logits_NK: ArrayLike, actual_N: ArrayLike) -> float:
    """The temperature within BOUNDS that minimises the negative log-likelihood of the actual classes (0 to K-1).

    Above 1 the model was overconfident. The likelihood is concave in 1 / temperature, so it has one peak in log temperature too. It has
    none if every image is predicted right: then any smaller temperature is likelier, whatever the confidence. These images say nothing
    about errors, so the temperature stays 1.
    """
    logits_NK = np.asarray(logits_NK, dtype=np.float64)
    if (logits_NK.argmax(axis=1) == np.asarray(actual_N)).all():
        return 1.0
    found = minimize_scalar(
        lambda log: negative_log_likelihood(logits_NK / np.exp(log), actual_N),
        bounds=tuple(np.log(BOUNDS)),
        method="bounded",
        options={"xatol": 1e-8},
    )
    # The bounded search never evaluates the bounds. The first of equal values wins: 1 if no temperature changes anything.
    return float(min((1.0, *BOUNDS, np.exp(found.x)), key=lambda value: negative_log_likelihood(logits_NK / value, actual_N)))


def calibration_report(
    logits_NK: ArrayLike,
    actual_N: ArrayLike,
    *,
    validation_logits_NK: ArrayLike,
    validation_actual_N: ArrayLike,
    num_bins: int = NUM_BINS,
) -> dict[str, Any]:
    """The `temperature` fitted on validation, and the calibration metrics of the test images `before` and `after` dividing by it."""
    temperature = fit_temperature(validation_logits_NK, validation_actual_N)
    logits_NK = np.asarray(logits_NK, dtype=np.float64)
    return {
        "temperature": temperature,
        "num_bins": num_bins,
        "before": calibration_figures(logits_NK, actual_N, num_bins=num_bins),
        "after": calibration_figures(logits_NK / temperature, actual_N, num_bins=num_bins),
    }


def reliability_table(logits_NK: ArrayLike, actual_N: ArrayLike, *, temperature: float, num_bins: int = NUM_BINS) -> pd.DataFrame:
    """The bars of the reliability diagram (RELIABILITY) `before` and `after` dividing by the temperature, without empty bars."""
    logits_NK = np.asarray(logits_NK, dtype=np.float64)
    rows = [
        (when, one.low, one.high, one.num_images, one.confidence, one.accuracy)
        for when, divisor in (("before", 1.0), ("after", temperature))
        for one in reliability_bins(probabilities(logits_NK / divisor), actual_N, num_bins=num_bins)
        if one.num_images
    ]
    return pd.DataFrame(rows, columns=list(RELIABILITY))
