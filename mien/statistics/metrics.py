"""Metrics of a classifier, all computed from its confusion matrix.

Legend: N images, K classes. confusion_KK counts images; rows are actual classes, columns predicted classes.
A quotient with denominator zero is 0, as with scikit-learn's zero_division=0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.int64]
Figures = NDArray[np.float64]


@dataclass(frozen=True)
class ClassFigures:
    """Precision, recall and F1 (0 to 1) and support (number of images) of each class; four arrays of length K."""

    precision_K: Figures
    recall_K: Figures
    f1_K: Figures
    support_K: Counts


def confusion_matrix(actual_N: ArrayLike, predicted_N: ArrayLike, num_classes: int) -> Counts:
    """K×K counts of the images of each actual class (row) that were predicted as each class (column); classes are 0 to K-1."""
    actual_N, predicted_N = np.asarray(actual_N, dtype=np.int64), np.asarray(predicted_N, dtype=np.int64)
    assert actual_N.shape == predicted_N.shape and actual_N.ndim == 1
    for classes_N in (actual_N, predicted_N):
        assert not classes_N.size or (classes_N.min() >= 0 and classes_N.max() < num_classes)
    counts = np.bincount(actual_N * num_classes + predicted_N, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes).astype(np.int64)


def precision_recall_f1(confusion_KK: Counts | Figures) -> ClassFigures:
    """Precision, recall, F1 and support of each class; leading axes are treated as a batch of matrices."""
    right_K = np.diagonal(confusion_KK, axis1=-2, axis2=-1)
    actual_K, predicted_K = confusion_KK.sum(axis=-1), confusion_KK.sum(axis=-2)
    return ClassFigures(
        precision_K=quotient(right_K, predicted_K),
        recall_K=quotient(right_K, actual_K),
        f1_K=quotient(2 * right_K, actual_K + predicted_K),
        support_K=actual_K,
    )


def accuracy(confusion_KK: Counts | Figures) -> float:
    """Overall accuracy: the share of images whose predicted class is the actual one."""
    return float(quotient(np.trace(confusion_KK), confusion_KK.sum()))


def mean_accuracy(confusion_KK: Counts) -> float:
    """Mean accuracy: the mean recall of the classes that have images, as scikit-learn's balanced_accuracy_score.

    A class without images has no recall and is left out: counting it as 0 would make the metric depend on the class list.
    """
    seen_K = confusion_KK.sum(axis=1) > 0
    return float(precision_recall_f1(confusion_KK).recall_K[seen_K].mean()) if seen_K.any() else 0.0


def macro_f1(confusion_KK: Counts | Figures) -> float:
    """Macro-F1: the mean of the F1 of all K classes; a class that is neither present nor predicted counts as 0."""
    return float(precision_recall_f1(confusion_KK).f1_K.mean())


def weighted_f1(confusion_KK: Counts) -> float:
    """Weighted F1: the mean of the classes' F1, weighted by their number of images."""
    figures = precision_recall_f1(confusion_KK)
    return float(quotient(figures.f1_K @ figures.support_K, figures.support_K.sum()))


def majority_baseline(confusion_KK: Counts) -> Counts:
    """The confusion matrix of always guessing the class with most images (the first in a tie) on the same images."""
    baseline_KK = np.zeros_like(confusion_KK)
    actual_K = confusion_KK.sum(axis=1)
    baseline_KK[:, actual_K.argmax()] = actual_K
    return baseline_KK


def quotient(numerator: ArrayLike, denominator: ArrayLike) -> Figures:
    """Element-wise quotient; 0 where the denominator is 0."""
    numerator, denominator = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    found: Figures = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    np.divide(numerator, denominator, out=found, where=denominator != 0)
    return found
