"""Selective classification: a classifier that may abstain ("not sure") and answers only if its confidence reaches a threshold.

Coverage is the share of images that it answers, and selective accuracy the share of these answers that are right (El-Yaniv and Wiener
2010, "On the foundations of noise-free selective classification"; Geifman and El-Yaniv 2017, "Selective classification for deep neural
networks"). Confidence is the largest probability. Legend: N images, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mien.statistics.metrics import Figures

NUM_POINTS = 100
"""At most this many points of a curve are kept, evenly spaced in coverage."""
SELECTIVE = ("split", "coverage", "accuracy", "threshold", "num_images")


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold of confidence, the share of images that reach it, and the accuracy on these."""

    threshold: float
    coverage: float
    accuracy: float


def confidences(probabilities_NK: Figures, actual_N: ArrayLike) -> tuple[Figures, NDArray[np.bool_]]:
    """For each image its largest probability, and whether that class (the first in a tie) is the actual one."""
    right_N: NDArray[np.bool_] = probabilities_NK.argmax(axis=1) == np.asarray(actual_N)
    return probabilities_NK.max(axis=1), right_N


def selective_curve(confidence_N: ArrayLike, right_N: ArrayLike, *, num_points: int = NUM_POINTS) -> list[OperatingPoint]:
    """Points of the accuracy–coverage curve, from the most confident images to all of them.

    Images of equal confidence are answered together, so a threshold gives exactly its coverage and accuracy on these images. The last
    point covers all images; its threshold is 0, so that it covers all others, too.
    """
    confidence_N, right_N = np.asarray(confidence_N, dtype=np.float64), np.asarray(right_N, dtype=np.float64)
    assert confidence_N.size and confidence_N.shape == right_N.shape
    order_N = np.argsort(-confidence_N, kind="stable")
    sorted_N, hits_N = confidence_N[order_N], np.cumsum(right_N[order_N])
    ends = np.append(np.flatnonzero(np.diff(sorted_N)), len(sorted_N) - 1)  # the last image of each group of equal confidence
    wanted = np.linspace(0, len(sorted_N), num_points + 1)[1:] - 1
    kept = np.unique(ends[np.searchsorted(ends, wanted)]) if len(ends) > num_points else ends
    thresholds = [*sorted_N[kept[:-1]].tolist(), 0.0]
    return [
        OperatingPoint(threshold, float((end + 1) / len(sorted_N)), float(hits_N[end] / (end + 1)))
        for threshold, end in zip(thresholds, kept.tolist(), strict=True)
    ]


def point_for(points: Sequence[OperatingPoint], min_accuracy: float) -> OperatingPoint | None:
    """The point of the largest coverage whose accuracy is at least `min_accuracy`; None if no point reaches it."""
    return max((point for point in points if point.accuracy >= min_accuracy), key=lambda point: point.coverage, default=None)


def at_threshold(confidence_N: ArrayLike, right_N: ArrayLike, threshold: float) -> tuple[float, float | None, int]:
    """Coverage, accuracy and number of the images that reach a threshold; the accuracy is None if none does."""
    chosen_N = np.asarray(confidence_N) >= threshold
    number = int(chosen_N.sum())
    return number / len(chosen_N), float(np.asarray(right_N)[chosen_N].mean()) if number else None, number


def area_under_risk(confidence_N: ArrayLike, right_N: ArrayLike) -> float:
    """AURC: the mean over all coverages 1/N, 2/N … 1 of the share of wrong answers (Geifman, Uziel and El-Yaniv 2019, "Bias-reduced
    uncertainty estimation for deep neural classifiers", section 3); 0 is best.

    Images of equal confidence count with the mean over their orders, so the value does not depend on the order of the images.
    """
    confidence_N, wrong_N = np.asarray(confidence_N, dtype=np.float64), 1 - np.asarray(right_N, dtype=np.float64)
    order_N = np.argsort(-confidence_N, kind="stable")
    _, group_N, size_G = np.unique(-confidence_N[order_N], return_inverse=True, return_counts=True)
    share_G = np.bincount(group_N, weights=wrong_N[order_N]) / size_G
    return float((np.cumsum(share_G[group_N]) / np.arange(1, len(order_N) + 1)).mean())


def selective_table(curves: dict[str, tuple[Figures, NDArray[np.bool_]]]) -> pd.DataFrame:
    """The curves by split (SELECTIVE) of confidences and hits, for plots."""
    rows = [
        (split, point.coverage, point.accuracy, point.threshold, round(point.coverage * len(confidence_N)))
        for split, (confidence_N, right_N) in curves.items()
        for point in selective_curve(confidence_N, right_N)
    ]
    return pd.DataFrame(rows, columns=list(SELECTIVE))
