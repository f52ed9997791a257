"""The overall metrics of many confusion matrices at once, for resampling: those of metrics.py, and kappa.

Legend: R matrices, K classes.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from mien.statistics.agreement import cohen_kappas
from mien.statistics.metrics import Figures, precision_recall_f1, quotient


def figures_of(confusion_RKK: Figures) -> Mapping[str, Figures]:
    """Overall accuracy, mean accuracy, macro-F1, weighted F1 (defined in mien/statistics/metrics.py) and Cohen's kappa of each of R."""
    classes = precision_recall_f1(confusion_RKK)
    num_right_R, num_R = np.trace(confusion_RKK, axis1=-2, axis2=-1), classes.support_K.sum(axis=-1)
    return {
        "accuracy": quotient(num_right_R, num_R),
        "mean_accuracy": quotient(classes.recall_K.sum(axis=-1), (classes.support_K > 0).sum(axis=-1)),  # of the classes that have images
        "macro_f1": classes.f1_K.mean(axis=-1),
        "weighted_f1": quotient((classes.f1_K * classes.support_K).sum(axis=-1), num_R),
        "kappa": cohen_kappas(confusion_RKK),
    }


def overall_metrics(confusion_KK: ArrayLike) -> dict[str, float]:
    """The same metrics for one matrix."""
    return {name: float(values[0]) for name, values in figures_of(np.asarray(confusion_KK, dtype=np.float64)[None]).items()}
