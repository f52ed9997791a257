"""All metrics of one model's test as JSON values: overall metrics with intervals and baselines, and metrics per class.

Legend: N images, K classes.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.evaluate.predictions import Predictions
from mien.statistics.agreement import in_top_k, top_k_accuracy
from mien.statistics.baselines import majority_metrics, prior_metrics
from mien.statistics.intervals import metric_intervals, recall_intervals
from mien.statistics.metrics import Counts, precision_recall_f1
from mien.statistics.overall_metrics import overall_metrics
from mien.statistics.resampling import NUM_RESAMPLES, Interval


def report_on_test(
    tested: Predictions,
    *,
    classes: Sequence[str],
    flagged_N: NDArray[np.bool_],
    class_counts_K: ArrayLike,
    seed: int,
    part_N: Sequence[str | None] = (),
    num_resamples: int = NUM_RESAMPLES,
) -> dict[str, Any]:
    """The full_metrics of all, clean and parts (see of_parts)."""
    metrics = partial(full_metrics, classes=classes, class_counts_K=class_counts_K, seed=seed, num_resamples=num_resamples)
    return of_parts(tested, metrics, flagged_N=flagged_N, part_N=part_N)


def of_parts(
    tested: Predictions,
    metrics: Callable[[Predictions], dict[str, Any]],
    *,
    flagged_N: NDArray[np.bool_],
    part_N: Sequence[str | None] = (),
) -> dict[str, Any]:
    """Returns `all`: the metrics of every image; `clean`: those of images without a flag, left out if none or all have one.

    `parts` has those of each part of the test split that is named in `part_N`, such as PublicTest; it is left out if none is, or if all
    images are in one part.
    """
    report = {"all": metrics(tested)}
    if flagged_N.any() and not flagged_N.all():
        report["clean"] = metrics(tested.part(~flagged_N))
    names = np.array([name or "" for name in part_N])
    if len(set(names)) > 1:
        report["parts"] = {str(name): metrics(tested.part(names == name)) for name in sorted(set(names) - {""})}
    return report


def full_metrics(
    tested: Predictions, classes: Sequence[str], *, class_counts_K: ArrayLike, seed: int, num_resamples: int = NUM_RESAMPLES
) -> dict[str, Any]:
    """Numbers of images and groups, overall metrics with 95 % intervals, both baselines, metrics per class, confusion counts.

    `class_counts_K` counts the training images, for the prior baseline. Recalls have Wilson intervals; a class without test images has
    None. `confusion` has a row per actual and a column per predicted class, both in the order of `classes`.
    """
    confusion_KK = tested.confusion_KK
    support_K = confusion_KK.sum(axis=1)
    return {
        **overall(tested, metric_intervals, seed=seed, num_resamples=num_resamples),
        "majority_baseline": majority_metrics(support_K),
        "prior_baseline": prior_metrics(support_K, class_counts_K),
        "per_class": per_class(confusion_KK, classes),
        "confusion": confusion_KK.tolist(),
    }


def overall(
    tested: Predictions, intervals_of: Callable[..., dict[str, Interval]], *, seed: int, num_resamples: int = NUM_RESAMPLES
) -> dict[str, Any]:
    """Numbers of images and groups, and overall metrics with 95 % intervals by `intervals_of`: metric_intervals, or present_intervals."""
    intervals = intervals_of(
        tested.actual_N,
        tested.predicted_N,
        tested.logits_NK.shape[1],
        in_top2_N=in_top_k(tested.logits_NK, tested.actual_N),
        groups_N=tested.groups_N,
        seed=seed,
        num_resamples=num_resamples,
    )
    return {
        "num_images": len(tested.actual_N),
        "num_groups": len(np.unique(tested.groups_N)),
        **{name: interval.value for name, interval in intervals.items()},
        "intervals": {name: {"low": interval.low, "high": interval.high} for name, interval in intervals.items()},
    }


def bare_metrics(tested: Predictions) -> dict[str, float]:
    """The overall metrics only, without intervals."""
    return {**overall_metrics(tested.confusion_KK), "top2_accuracy": top_k_accuracy(tested.logits_NK, tested.actual_N)}


def per_class(confusion_KK: Counts, classes: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Precision, recall with its Wilson interval (None for a class without images), F1 and support of each class."""
    figures, recalls = precision_recall_f1(confusion_KK), recall_intervals(confusion_KK)
    return {
        name: {
            "precision": float(figures.precision_K[number]),
            "recall": float(figures.recall_K[number]),
            "recall_low": recall.low if recall else None,
            "recall_high": recall.high if recall else None,
            "f1": float(figures.f1_K[number]),
            "support": int(figures.support_K[number]),
        }
        for number, (name, recall) in enumerate(zip(classes, recalls, strict=True))
    }
