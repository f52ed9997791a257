"""All figures of one model's test as JSON values: overall figures with their intervals, beside those of baselines, and per class.

Legend: N images, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.statistics.agreement import in_top_k, top_k_accuracy
from mien.statistics.baselines import majority_figures, prior_figures
from mien.statistics.confusions import overall_figures
from mien.statistics.intervals import figure_intervals, recall_intervals
from mien.statistics.metrics import Counts, confusion_matrix, precision_recall_f1
from mien.statistics.resampling import NUM_RESAMPLES


@dataclass(frozen=True)
class Predictions:
    """Test images: actual class (0 to K-1), the model's logits, and the group of images with which each is drawn in a bootstrap."""

    actual_N: Counts
    logits_NK: NDArray[np.float32]
    groups_N: NDArray[Any]

    @property
    def predicted_N(self) -> Counts:
        """The class of largest logit, of equals the first."""
        predicted_N: Counts = self.logits_NK.argmax(axis=1)
        return predicted_N

    @property
    def confusion_KK(self) -> Counts:
        """Actual by predicted class."""
        return confusion_matrix(self.actual_N, self.predicted_N, self.logits_NK.shape[1])

    def part(self, chosen_N: NDArray[np.bool_]) -> Self:
        """The chosen images alone."""
        return type(self)(self.actual_N[chosen_N], self.logits_NK[chosen_N], self.groups_N[chosen_N])


def report_on_test(
    tested: Predictions,
    *,
    classes: Sequence[str],
    flagged_N: NDArray[np.bool_],
    class_counts_K: ArrayLike,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
) -> dict[str, Any]:
    """`all`: full_figures of every image; `clean`: of those without a flag, left out where none has one, or all have."""
    options: dict[str, Any] = {"class_counts_K": class_counts_K, "seed": seed, "num_resamples": num_resamples}
    report = {"all": full_figures(tested, classes, **options)}
    if flagged_N.any() and not flagged_N.all():
        report["clean"] = full_figures(tested.part(~flagged_N), classes, **options)
    return report


def full_figures(
    tested: Predictions, classes: Sequence[str], *, class_counts_K: ArrayLike, seed: int, num_resamples: int = NUM_RESAMPLES
) -> dict[str, Any]:
    """Numbers of images and groups, the overall figures and their 95 % intervals, both baselines, figures per class, confusion counts.

    `class_counts_K` counts the training images, for the prior baseline. Recalls have Wilson intervals; a class without test images has
    None. `confusion` has a row per actual and a column per predicted class, both in the order of `classes`.
    """
    confusion_KK = tested.confusion_KK
    support_K = confusion_KK.sum(axis=1)
    intervals = figure_intervals(
        tested.actual_N,
        tested.predicted_N,
        len(classes),
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
        "majority_baseline": majority_figures(support_K),
        "prior_baseline": prior_figures(support_K, class_counts_K),
        "per_class": _per_class(confusion_KK, classes),
        "confusion": confusion_KK.tolist(),
    }


def bare_figures(tested: Predictions) -> dict[str, float]:
    """The overall figures alone."""
    return {**overall_figures(tested.confusion_KK), "top2_accuracy": top_k_accuracy(tested.logits_NK, tested.actual_N)}


def _per_class(confusion_KK: Counts, classes: Sequence[str]) -> dict[str, dict[str, float | None]]:
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
