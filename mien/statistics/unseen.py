"""Intervals of metrics that no resample of the test images changes, because no error was seen.

A bootstrap draws from the images that there are. If all predictions are right, all resamples have an accuracy of 1, so its interval would
be [1, 1] for ten images as for ten thousand. The same happens to top-2 accuracy, to the difference of two models with equal predictions,
and to a model that always predicts one class. Wilson's interval (1927) for g right of g ends at 1 − z² / (g + z²) instead: that is the
share of errors that may have remained unseen. It is taken over groups, because copies of one picture are no further evidence.

For accuracy, and approximately for the two metrics that are weighted like it, the interval reaches this share away from the value. For
means over classes, its ends are the means of the ends of the classes' recalls, which is wider than necessary, because it lets all classes
have their most errors at once. Kappa is accuracy beyond chance, scaled to 1.

Legend: N images, K classes.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

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
    classes, counts = np.unique(actual_N, return_counts=True)
    overall = _share(groups_N, level)
    share_K = np.array([_share(groups_N[actual_N == number], level) for number in classes])
    recall_K = np.array([0.5 if right_N is None else right_N[actual_N == number].mean() for number in classes])
    by_class = float((share_K * (recall_K > 0)).mean()), float((share_K * (recall_K < 1)).mean())
    chance = float(((counts / counts.sum()) ** 2).sum())
    beyond_chance = overall / (1 - chance) if chance < 1 else 1.0
    return {
        "accuracy": (overall, overall),
        "mean_accuracy": by_class,
        "macro_f1": by_class,
        "weighted_f1": (overall, overall),
        "kappa": (beyond_chance, beyond_chance),
        "top2_accuracy": (overall, overall),
    }


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


def _share(groups_N: NDArray[np.generic], level: float) -> float:
    z2 = float(ndtri((1 + level) / 2)) ** 2
    return z2 / (len(np.unique(groups_N)) + z2)
