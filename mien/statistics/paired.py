"""Differences between two sets of predictions on the same images, with intervals by the paired bootstrap.

Images are drawn with replacement (as whole groups where images belong together), the same draw for both sets, and the difference of
each metric is computed for every draw. The percentiles of these differences give the interval (Efron and Tibshirani 1993, chapter 13).
The interval covers the draw of test images, not the variation between training seeds. If a model was trained with several seeds, its metric
is the mean over them, on the original images and on every draw.

Legend: R resamples, N images, K classes, S and T trainings of the two models; the places of resampling.py are the (S + T) K² cells of all
confusion matrices.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mien.statistics.metrics import Counts, Figures
from mien.statistics.overall_metrics import figures_of
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES, Interval, Kinds, kinds_of, observe, resample
from mien.statistics.unseen import unseen_errors, widened


@dataclass(frozen=True)
class Resampled:
    """A difference on the original images, and on each of R resamples."""

    value: float
    values_R: Figures

    def interval(self, level: float = LEVEL) -> Interval:
        """The difference with its percentile interval."""
        tail = (1 - level) / 2
        low, high = np.quantile(self.values_R, [tail, 1 - tail])
        return Interval(self.value, float(low), float(high))

    @property
    def p_value(self) -> float:
        """The two-sided p-value of no difference: 1 − the highest level at which percentile intervals exclude 0; at least 2 / (R + 1).

        Adding 1 to counts and resamples keeps it above 0, because no number of resamples can show p = 0 (Davison and Hinkley 1997,
        section 4.2).
        """
        least = min((self.values_R <= 0).sum(), (self.values_R >= 0).sum())
        return float(min(1.0, 2 * (1 + least) / (1 + len(self.values_R))))


def paired_differences(
    actual_N: ArrayLike,
    predicted_SN: ArrayLike,
    reference_TN: ArrayLike,
    num_classes: int,
    *,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Intervals of predicted − reference for the overall metrics of overall_metrics.figures_of, by name; classes are 0 to K-1.

    `predicted_SN` and `reference_TN` may also be of shape N, for one training. Images with the same id in `groups_N` are drawn together.
    The same input and seed give the same result.
    """
    resampled = paired_resamples(
        actual_N, predicted_SN, reference_TN, num_classes, groups_N=groups_N, seed=seed, num_resamples=num_resamples
    )
    unseen = unseen_errors(np.asarray(actual_N, dtype=np.int64), groups_N, level=level)
    return {name: widened(difference.interval(level), unseen[name], least=-1.0) for name, difference in resampled.items()}


def paired_resamples(
    actual_N: ArrayLike,
    predicted_SN: ArrayLike,
    reference_TN: ArrayLike,
    num_classes: int,
    *,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
) -> dict[str, Resampled]:
    """The resamples from which paired_differences computes its intervals."""
    ours_SN, theirs_TN = (np.atleast_2d(np.asarray(rows, dtype=np.int64)) for rows in (predicted_SN, reference_TN))
    kinds = _kinds(np.asarray(actual_N, dtype=np.int64), np.concatenate([ours_SN, theirs_TN]), num_classes, groups_N)

    def differences(counts_RP: Figures) -> dict[str, Figures]:
        found = figures_of(counts_RP.reshape(-1, num_classes, num_classes))
        by_training = {name: values.reshape(len(counts_RP), -1) for name, values in found.items()}
        return {name: each[:, : len(ours_SN)].mean(axis=1) - each[:, len(ours_SN) :].mean(axis=1) for name, each in by_training.items()}

    observed = observe(kinds, differences)
    drawn = resample(kinds, differences, seed=seed, num_resamples=num_resamples)
    return {name: Resampled(observed[name], values_R) for name, values_R in drawn.items()}


def _kinds(actual_N: Counts, predicted_MN: Counts, num_classes: int, groups_N: ArrayLike | None) -> Kinds:
    """M = S + T: both models' predictions, one after the other."""
    assert actual_N.ndim == 1 and actual_N.size and predicted_MN.shape[1:] == actual_N.shape
    assert all(classes.min() >= 0 and classes.max() < num_classes for classes in (actual_N, predicted_MN))
    first_M1 = num_classes**2 * np.arange(len(predicted_MN))[:, None]
    places_NM = (first_M1 + actual_N * num_classes + predicted_MN).T
    return kinds_of(places_NM, len(predicted_MN) * num_classes**2, groups_N=groups_N)
