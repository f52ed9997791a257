"""The probability that a value is larger in one group than in another, with its interval, for single images or units of several images.

A = P(X > Y) + P(X = Y) / 2 is Mann and Whitney's U over m n, and the area under the ROC curve. Its variance is that of the placements
V10_i = P(X_i > Y), V01_j = P(X > Y_j) (DeLong et al. 1988). Where units contain several images, placements are summed within units
(Obuchowski 1997), so that copies of one picture or images of one person are not counted as independent. Without such units the test is
that of Brunner and Munzel (2000) for A = 1/2.

Legend: N images, m in the group (X), n outside (Y).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu, rankdata, t

from mien.statistics.intervals import wilson_interval
from mien.statistics.resampling import LEVEL

_LEAST_SHARE = 1e-6  # of the variance; anything smaller is rounding


@dataclass(frozen=True)
class Auc:
    """The probability, its interval, and the two-sided p-value of the hypothesis 1/2."""

    value: float
    low: float
    high: float
    p: float


def auc(values_N: ArrayLike, inside_N: ArrayLike, *, units_N: ArrayLike | None = None, level: float = LEVEL) -> Auc:
    """P(value inside > value outside), ties counting half; images with the same id in `units_N` are one piece of evidence.

    Each side needs at least two units. The interval is symmetric in the log odds. If the groups do not overlap, placements have no spread:
    the interval is then Wilson's for as many successes as the smaller group has units, and p is that of Mann and Whitney's U. If all values
    are equal, nothing is known: the interval is 0 to 1, and p is 1.
    """
    values_N, inside_N = np.asarray(values_N, np.float64), np.asarray(inside_N, bool)
    units_N = np.arange(len(values_N)) if units_N is None else np.unique(np.asarray(units_N), return_inverse=True)[1]
    inside_m, outside_n = values_N[inside_N], values_N[~inside_N]
    num_m, num_n = len(inside_m), len(outside_n)
    everywhere_N = rankdata(values_N)
    v10_m = (everywhere_N[inside_N] - rankdata(inside_m)) / num_n
    v01_n = 1 - (everywhere_N[~inside_N] - rankdata(outside_n)) / num_m
    value = float(v10_m.mean())

    own_m, own_n = units_N[inside_N], units_N[~inside_N]
    sums_10, sums_01 = _sums(own_m, v10_m - value, units_N.max() + 1), _sums(own_n, v01_n - value, units_N.max() + 1)
    units_10, units_01 = len(np.unique(own_m)), len(np.unique(own_n))
    part_10 = units_10 / (units_10 - 1) * (sums_10**2).sum() / num_m**2
    part_01 = units_01 / (units_01 - 1) * (sums_01**2).sum() / num_n**2
    num_units = len(np.unique(units_N))
    shared = num_units / (num_units - 1) * (sums_10 * sums_01).sum() / (num_m * num_n)
    alone = part_10 + part_01
    if min(value, 1 - value) <= 0:
        certain = wilson_interval(min(units_10, units_01), min(units_10, units_01), level=level)
        low, high = (certain.low, 1.0) if value > 0.5 else (0.0, 1 - certain.low)
        return Auc(value, low, high, float(mannwhitneyu(inside_m, outside_n).pvalue))
    if alone <= 0:
        return Auc(value, 0.0, 1.0, 1.0)
    # Units with half of their images on either side may cancel to no spread or less; the sides' own variance, which is wider, is then used.
    variance = alone + 2 * shared if alone + 2 * shared > _LEAST_SHARE * alone else alone
    degrees = alone**2 / (part_10**2 / (units_10 - 1) + part_01**2 / (units_01 - 1))
    error = np.sqrt(variance)
    reach = t.ppf((1 + level) / 2, degrees) * error / (value * (1 - value))
    odds = np.log(value / (1 - value))
    low, high = (float(1 / (1 + np.exp(-end))) for end in (odds - reach, odds + reach))
    return Auc(value, low, high, float(2 * t.sf(abs(value - 0.5) / error, degrees)))


def _sums(units: NDArray[np.int64], deviations: NDArray[np.float64], num_units: int) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.bincount(units, weights=deviations, minlength=num_units).astype(np.float64)
    return sums
