"""Differences between two sets of predictions on the same images, with intervals by the paired bootstrap.

Images are drawn with replacement (as whole groups where images belong together), the same draw for both sets, and the difference of
each metric is computed for every draw. The percentiles of these differences give the interval (Efron and Tibshirani 1993, chapter 13).
The interval covers the draw of test images, not the variation between training seeds.

Legend: R resamples, N images, K classes; the places of resampling.py are the 2 K² cells of both confusion matrices.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mien.statistics.metrics import Figures
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
    predicted_N: ArrayLike,
    reference_N: ArrayLike,
    num_classes: int,
    *,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Intervals of predicted − reference for the overall metrics of overall_metrics.figures_of, by name; classes are 0 to K-1.

    Images with the same id in `groups_N` are drawn together. The same input and seed give the same result.
    """
    resampled = paired_resamples(actual_N, predicted_N, reference_N, num_classes, groups_N=groups_N, seed=seed, num_resamples=num_resamples)
    unseen = unseen_errors(np.asarray(actual_N, dtype=np.int64), groups_N, level=level)
    return {name: widened(difference.interval(level), unseen[name], least=-1.0) for name, difference in resampled.items()}


def paired_resamples(
    actual_N: ArrayLike,
    predicted_N: ArrayLike,
    reference_N: ArrayLike,
    num_classes: int,
    *,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
) -> dict[str, Resampled]:
    """The resamples from which paired_differences computes its intervals."""
    kinds = _kinds(actual_N, predicted_N, reference_N, num_classes, groups_N)

    def differences(counts_RP: Figures) -> dict[str, Figures]:
        confusions_R2KK = counts_RP.reshape(-1, 2, num_classes, num_classes)
        ours, theirs = figures_of(confusions_R2KK[:, 0]), figures_of(confusions_R2KK[:, 1])
        return {name: ours[name] - theirs[name] for name in ours}

    observed = observe(kinds, differences)
    drawn = resample(kinds, differences, seed=seed, num_resamples=num_resamples)
    return {name: Resampled(observed[name], values_R) for name, values_R in drawn.items()}


def _kinds(actual_N: ArrayLike, predicted_N: ArrayLike, reference_N: ArrayLike, num_classes: int, groups_N: ArrayLike | None) -> Kinds:
    actual_N, predicted_N, reference_N = (np.asarray(column, dtype=np.int64) for column in (actual_N, predicted_N, reference_N))
    assert actual_N.shape == predicted_N.shape == reference_N.shape and actual_N.ndim == 1 and actual_N.size
    assert all(column.min() >= 0 and column.max() < num_classes for column in (actual_N, predicted_N, reference_N))
    places_N2 = np.stack([actual_N * num_classes + predicted_N, num_classes**2 + actual_N * num_classes + reference_N], axis=1)
    return kinds_of(places_N2, 2 * num_classes**2, groups_N=groups_N)
