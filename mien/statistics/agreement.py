"""Cohen's kappa and top-k accuracy.

This module is separate from metrics.py because trainings read that file: a change there makes DVC train every model again.

Legend: N images, K classes; ... stands for any leading axes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.statistics.metrics import Figures, quotient


def cohen_kappa(confusion_KK: ArrayLike) -> float:
    """Cohen's kappa (1960), unweighted: (p_o − p_e) / (1 − p_e), with observed agreement p_o and chance agreement p_e; -1 to 1.

    It is 0 without images, and where chance always agrees, that is, with a single class that is both actual and predicted.
    """
    confusion_KK = np.asarray(confusion_KK, dtype=np.float64)
    assert confusion_KK.ndim == 2
    return float(cohen_kappas(confusion_KK))


def cohen_kappas(confusions: Figures) -> Figures:
    """Cohen's kappa (see cohen_kappa) of each matrix in an array of shape ... × K × K."""
    num = confusions.sum(axis=(-2, -1))
    right = np.trace(confusions, axis1=-2, axis2=-1)
    # N² p_e; with N² p_o = N · right, the quotient divides only once, at the end, so perfect agreement gives exactly 1.
    by_chance = (confusions.sum(axis=-1) * confusions.sum(axis=-2)).sum(axis=-1)
    return quotient(num * right - by_chance, num**2 - by_chance)


def top_k_accuracy(logits_NK: ArrayLike, actual_N: ArrayLike, *, k: int = 2) -> float:
    """The share of images whose actual class is among the k classes with the largest logits (see in_top_k); 0 without images."""
    inside_N = in_top_k(logits_NK, actual_N, k=k)
    return float(inside_N.mean()) if inside_N.size else 0.0


def in_top_k(logits_NK: ArrayLike, actual_N: ArrayLike, *, k: int = 2) -> NDArray[np.bool_]:
    """Returns for each image whether its actual class is among the k classes with the largest logits.

    Among equal logits, the class of lower index counts as larger, as with argmax, so top-1 accuracy is overall accuracy.
    """
    logits_NK, actual_N = np.asarray(logits_NK), np.asarray(actual_N, dtype=np.int64)
    assert logits_NK.ndim == 2 and actual_N.shape == logits_NK.shape[:1] and 1 <= k <= logits_NK.shape[1]
    assert np.isfinite(logits_NK).all()
    own_N1 = np.take_along_axis(logits_NK, actual_N[:, None], axis=1)
    earlier_NK = np.arange(logits_NK.shape[1]) < actual_N[:, None]
    ahead_N: NDArray[np.int64] = ((logits_NK > own_N1) | ((logits_NK == own_N1) & earlier_NK)).sum(axis=1)
    return ahead_N < k
