"""The overall figures of many confusion matrices at once: those of metrics.py and kappa, for resampling.

Legend: R matrices, K classes.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.evaluation.agreement import cohen_kappas

Figures = NDArray[np.float64]


def figures_of(confusion_RKK: Figures) -> Mapping[str, Figures]:
    """Overall accuracy, mean accuracy, macro-F1, weighted F1 (as mien/evaluation/metrics.py defines them) and Cohen's kappa of each of R."""
    right_RK = np.diagonal(confusion_RKK, axis1=-2, axis2=-1)
    actual_RK, predicted_RK = confusion_RKK.sum(axis=-1), confusion_RKK.sum(axis=-2)
    num_R = actual_RK.sum(axis=-1)
    recall_RK = _quotient(right_RK, actual_RK)
    f1_RK = _quotient(2 * right_RK, actual_RK + predicted_RK)
    return {
        "accuracy": _quotient(right_RK.sum(axis=-1), num_R),
        "mean_accuracy": _quotient(recall_RK.sum(axis=-1), (actual_RK > 0).sum(axis=-1)),  # of the classes that have images
        "macro_f1": f1_RK.mean(axis=-1),
        "weighted_f1": _quotient((f1_RK * actual_RK).sum(axis=-1), num_R),
        "kappa": cohen_kappas(confusion_RKK),
    }


def _quotient(numerator: ArrayLike, denominator: ArrayLike) -> Figures:
    numerator, denominator = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    quotient: Figures = np.zeros(numerator.shape)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
