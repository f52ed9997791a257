"""Intervals of metrics that no resample of the test images changes, because no error was seen.

A bootstrap draws from the images that there are. If all predictions are right, all resamples have an accuracy of 1, so its interval would
be [1, 1] for ten images as for ten thousand. The same happens to top-2 accuracy, to the difference of two models with equal predictions,
and to a model that always predicts one class. The question is then how large a share of errors may be and yet remain unseen (Hanley and
Lippman-Hand 1983): the largest for which a test without an error still has a probability of α = (1 − level) / 2. For g right groups this
is 1 − α^(1/g), as in Clopper and Pearson's interval (1934). Groups are counted, because copies of one picture are no further evidence.

For accuracy, and approximately for the two metrics that are weighted like it, the interval reaches this share away from the value. A mean
over classes reaches as far as the shares e_k of errors in the classes can raise or lower it, if Π (1 − e_k)^(g_k) ≥ α. Kappa is accuracy
beyond chance, scaled to 1.

Legend: N images, K classes.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from mien.statistics.resampling import Interval

Reach = tuple[float, float]
"""how far below and above its value a metric may lie"""


def unseen_errors(
    actual_N: NDArray[np.int64], groups_N: ArrayLike | None, *, right_N: NDArray[np.bool_] | None = None, level: float
) -> dict[str, Reach]:
    """How far each metric may lie from its value in these images; by the names of statistics/headline.py.

    `right_N` says which predictions are right: the recall of a class can only fall if all of them are, and only rise if none is. Without
    it, the reach is that of a difference between two sets of predictions, which can be on either side.
    """
    groups_N = np.arange(len(actual_N)) if groups_N is None else np.asarray(groups_N)
    alpha = (1 - level) / 2
    classes, counts = np.unique(actual_N, return_counts=True)
    groups_K = np.array([len(np.unique(groups_N[actual_N == number])) for number in classes])
    recall_K = np.array([0.5 if right_N is None else right_N[actual_N == number].mean() for number in classes])
    overall = 1 - alpha ** (1 / len(np.unique(groups_N)))
    below, above = (largest_sum(groups_K[may_K], alpha) / len(classes) for may_K in (recall_K > 0, recall_K < 1))
    chance = float(((counts / counts.sum()) ** 2).sum())
    beyond_chance = overall / (1 - chance) if chance < 1 else 1.0
    return {
        "accuracy": (overall, overall),
        "mean_accuracy": (below, above),
        "macro_f1": (below, above),
        "weighted_f1": (overall, overall),
        "kappa": (beyond_chance, beyond_chance),
        "top2_accuracy": (overall, overall),
    }


def largest_sum(numbers_K: NDArray[np.int64], alpha: float) -> float:
    """The largest Σ e_k with 0 ≤ e_k and Π (1 − e_k)^(n_k) ≥ α.

    By Lagrange's rule, e_k = max(0, 1 − λ n_k): rare classes have the most errors, and frequent ones may have none.
    """
    if not len(numbers_K):
        return 0.0

    def beyond(rate: float) -> float:
        return float((numbers_K * np.log(np.minimum(rate * numbers_K, 1))).sum() - np.log(alpha))

    rate = float(brentq(beyond, np.finfo(float).tiny, 1 / numbers_K.min(), xtol=1e-15))
    return float(np.maximum(0, 1 - rate * numbers_K).sum())


def with_unseen(intervals: Mapping[str, Interval], unseen: Mapping[str, Reach]) -> dict[str, Interval]:
    """The intervals, of which those without width reach as far as unseen errors allow, but not beyond 0 to 1 (kappa: -1 to 1)."""
    return {name: widened(interval, unseen[name], least=-1.0 if name == "kappa" else 0.0) for name, interval in intervals.items()}


def widened(interval: Interval, reach: Reach, *, least: float, most: float = 1.0) -> Interval:
    """An interval without width reaches as far as given, within `least` and `most`; others stay as they are."""
    if interval.low < interval.high:
        return interval
    below, above = reach
    return Interval(interval.value, max(least, interval.value - below), min(most, interval.value + above))


def difference_of(own: Interval, other: Interval) -> Interval:
    """The interval of other − own for two independent samples, from the interval of each (Newcombe 1998, method 10)."""
    low = np.hypot(other.value - other.low, own.high - own.value)
    high = np.hypot(other.high - other.value, own.value - own.low)
    value = other.value - own.value
    return Interval(value, float(value - low), float(value + high))
