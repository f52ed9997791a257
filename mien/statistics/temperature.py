"""One number that mends a model's confidence: the temperature by which its logits are divided (Guo et al. 2017, section 4.2).

It is fitted on validation images and told of on test images. It changes no prediction, only how sure the model says it is.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from mien.statistics.calibration import NUM_BINS, calibration_figures, negative_log_likelihood, probabilities, reliability_bins

BOUNDS = (0.05, 20.0)
"""A model that is always right on validation has no best temperature: the smaller, the likelier. It gets the bound."""
RELIABILITY = ("temperature", "low", "high", "num_images", "confidence", "accuracy")


def fit_temperature(logits_NK: ArrayLike, actual_N: ArrayLike) -> float:
    """The temperature within BOUNDS of least negative log-likelihood of the actual classes (0 to K-1); above 1 the model was too sure.

    In its logarithm the likelihood has one peak, as the likelihood is concave in 1 / temperature.
    """
    logits_NK = np.asarray(logits_NK, dtype=np.float64)
    found = minimize_scalar(
        lambda log: negative_log_likelihood(logits_NK / np.exp(log), actual_N),
        bounds=tuple(np.log(BOUNDS)),
        method="bounded",
        options={"xatol": 1e-8},
    )
    # The bounded search never tries the bounds themselves. Of equals the first is taken: 1 where no temperature changes anything.
    return float(min((1.0, *BOUNDS, np.exp(found.x)), key=lambda value: negative_log_likelihood(logits_NK / value, actual_N)))


def calibration_report(
    logits_NK: ArrayLike,
    actual_N: ArrayLike,
    *,
    validation_logits_NK: ArrayLike,
    validation_actual_N: ArrayLike,
    num_bins: int = NUM_BINS,
) -> dict[str, Any]:
    """`temperature` as fitted on validation, and the calibration figures of the test images `before` and `after` dividing by it."""
    temperature = fit_temperature(validation_logits_NK, validation_actual_N)
    logits_NK = np.asarray(logits_NK, dtype=np.float64)
    return {
        "temperature": temperature,
        "num_bins": num_bins,
        "before": calibration_figures(logits_NK, actual_N, num_bins=num_bins),
        "after": calibration_figures(logits_NK / temperature, actual_N, num_bins=num_bins),
    }


def reliability_table(logits_NK: ArrayLike, actual_N: ArrayLike, *, temperature: float, num_bins: int = NUM_BINS) -> pd.DataFrame:
    """The bars of the reliability diagram (RELIABILITY) `before` and `after` dividing by the temperature, those without images left out."""
    logits_NK = np.asarray(logits_NK, dtype=np.float64)
    rows = [
        (when, one.low, one.high, one.num_images, one.confidence, one.accuracy)
        for when, divisor in (("before", 1.0), ("after", temperature))
        for one in reliability_bins(probabilities(logits_NK / divisor), actual_N, num_bins=num_bins)
        if one.num_images
    ]
    return pd.DataFrame(rows, columns=list(RELIABILITY))
