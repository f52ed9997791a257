"""Bootstrap intervals that are corrected for bias and skewness (BCa), and widened if there are few groups.

BCa is that of Efron 1987, for several strata Davison and Hinkley 1997, section 5.3. A bootstrap draws from the n groups of the sample,
so its spread is too small by √((n − 1) / n), and the normal quantile is too small if the spread is estimated from few groups. The
quantiles are therefore multiplied by √(n / (n − 1)) and taken from Student's t (Hesterberg 2015), which matters with twenty persons.

Plain percentile intervals cover too little: in simulations with 50 images per class they contained the true accuracy of a good model
(95 %) in 92.7 % of runs, and in 92 to 93 % with 20 persons. BCa intervals contained every metric in 93.5 to 95.7 % of runs
(tests/statistics/test_coverage.py).

Legend: R resamples, T kinds of groups, P places.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

from mien.statistics.metrics import Figures
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES, Interval, Kinds, Statistics, observe, resample


def bca_intervals(
    kinds: Kinds, statistics: Statistics, *, seed: int, num_resamples: int = NUM_RESAMPLES, level: float = LEVEL
) -> dict[str, Interval]:
    """The interval of each metric, by name. The same input and seed give the same result.

    A metric that no resample can change, such as the accuracy of a model without errors, has an interval of zero width here; see unseen.py.
    """
    observed = observe(kinds, statistics)
    left_out = statistics(_without_one(kinds))
    drawn = resample(kinds, statistics, seed=seed, num_resamples=num_resamples)
    found = {}
    for name, values_R in drawn.items():
        shares = _shares(values_R, observed[name], _influence(kinds, left_out[name]), kinds, level=level)
        low, high = np.quantile(values_R, shares)
        found[name] = Interval(observed[name], float(low), float(high))
    return found


def _shares(values_R: Figures, observed: float, influence_T: Figures, kinds: Kinds, *, level: float) -> Figures:
    """The two shares of the resamples that lie below the lower and below the upper end of the interval."""
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    numbers, strata = _groups_by_stratum(kinds)
    parts_T = kinds.numbers_T * influence_T**2 / numbers[strata] ** 2
    variances = np.bincount(strata, weights=parts_T)  # of the metric, from each stratum
    if not variances.sum() > 0:
        return tails
    skewness = (kinds.numbers_T * influence_T**3 / numbers[strata] ** 3).sum() / variances.sum() ** 1.5
    several = numbers > 1
    unbiased = variances[several] * numbers[several] / (numbers[several] - 1)
    degrees = variances[several].sum() ** 2 / (variances[several] ** 2 / (numbers[several] - 1)).sum()  # Welch and Satterthwaite
    widened = np.sqrt(unbiased.sum() / variances.sum()) * stdtrit(degrees, tails)
    below = ((values_R < observed).mean() + (values_R <= observed).mean()) / 2  # the metric's rank among the resamples; ties count half
    edge = 1 / (len(values_R) + 1)
    bias = ndtri(np.clip(below, edge, 1 - edge))
    moved = bias + widened
    shares: Figures = ndtr(bias + moved / np.maximum(1 - skewness / 6 * moved, 1e-9))  # the floor puts an end beyond all resamples
    return shares


def _without_one(kinds: Kinds) -> Figures:
    """T × P counts after leaving out one group of each kind; its stratum is scaled back to its number of groups (the jackknife)."""
    numbers, strata = _groups_by_stratum(kinds)
    totals_SP = np.zeros((len(numbers), kinds.counts_TP.shape[1]))
    np.add.at(totals_SP, strata, kinds.numbers_T[:, None] * kinds.counts_TP)
    scale_T1 = (numbers / np.maximum(numbers - 1, 1))[strata, None]
    left_TP = kinds.totals_P - totals_SP[strata] + (totals_SP[strata] - kinds.counts_TP) * scale_T1
    return np.where(numbers[strata, None] > 1, left_TP, kinds.totals_P)  # a single group cannot vary, in the resamples either


def _influence(kinds: Kinds, left_out_T: Figures) -> Figures:
    """Influence of a group of each kind: (n − 1) times the drop of the metric if it is left out, relative to the mean of its stratum."""
    numbers, strata = _groups_by_stratum(kinds)
    means = np.bincount(strata, weights=kinds.numbers_T * left_out_T) / numbers
    influence_T: Figures = (numbers[strata] - 1) * (means[strata] - left_out_T)
    return influence_T


def _groups_by_stratum(kinds: Kinds) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of groups of each stratum, and the index of each kind's stratum (T)."""
    strata = np.unique(kinds.strata_T, return_inverse=True)[1]
    return np.bincount(strata, weights=kinds.numbers_T).astype(np.int64), strata
