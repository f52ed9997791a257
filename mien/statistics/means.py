"""Intervals for a mean over images, and for the difference of two means, where images of one group belong together.

The bootstrap is that of mien.statistics (BCa, groups drawn with replacement). Each group contributes the sum of its values and its number
of images; a mean is the sum of the sums divided by the sum of the numbers, so a group counts in proportion to its images.

Legend: N images, G groups, R resamples; the places of the bootstrap are the columns named below.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.statistics.bca import bca_intervals
from mien.statistics.metrics import Figures
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES, Interval, Kinds

MIN_GROUPS = 5
"""Fewer groups cannot show how groups differ: with a single one the interval would have no width. Callers then report no interval."""


def group_numbers(num_images: int, groups_N: ArrayLike | None) -> NDArray[np.int64]:
    """The group of each image as a number from 0; without `groups_N` each image is its own group."""
    if groups_N is None:
        return np.arange(num_images)
    numbers_N: NDArray[np.int64] = np.unique(np.asarray(groups_N), return_inverse=True)[1]
    assert numbers_N.shape == (num_images,), numbers_N.shape
    return numbers_N


def mean_interval(
    values_N: ArrayLike, *, groups_N: ArrayLike | None = None, seed: int, num_resamples: int = NUM_RESAMPLES, level: float = LEVEL
) -> Interval:
    """The mean of the values, all finite and at least one, with its interval. The same input and seed give the same result."""
    values_N = np.asarray(values_N, dtype=np.float64)
    rows_GP = _sums(np.stack([values_N, np.ones_like(values_N)], axis=1), group_numbers(len(values_N), groups_N))
    strata_G = np.zeros(len(rows_GP), dtype=np.int64)
    return _interval(rows_GP, strata_G, lambda sums_RP: sums_RP[:, 0] / sums_RP[:, 1], seed=seed, num_resamples=num_resamples, level=level)


def difference_interval(
    values_N: ArrayLike,
    first_N: ArrayLike,
    *,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """The mean of the images in `first_N` minus that of the others, at least one of each, with its interval.

    Every resample keeps the number of groups wholly on one side, and the number of groups with images on both sides.
    """
    values_N, first_N = np.asarray(values_N, dtype=np.float64), np.asarray(first_N, dtype=np.bool_)
    columns_N4 = np.stack([values_N * first_N, first_N, values_N * ~first_N, ~first_N], axis=1).astype(np.float64)
    rows_GP = _sums(columns_N4, group_numbers(len(values_N), groups_N))
    strata_G = (rows_GP[:, 1] > 0) + 2 * (rows_GP[:, 3] > 0)
    return _interval(
        rows_GP,
        strata_G,
        lambda sums_RP: sums_RP[:, 0] / sums_RP[:, 1] - sums_RP[:, 2] / sums_RP[:, 3],
        seed=seed,
        num_resamples=num_resamples,
        level=level,
    )


def _sums(columns_NP: Figures, group_N: NDArray[np.int64]) -> Figures:
    """Returns G × P: the sum of each column over each group."""
    assert columns_NP.size and np.isfinite(columns_NP).all()
    return np.stack([np.bincount(group_N, weights=column_N) for column_N in columns_NP.T], axis=1)


def _interval(
    rows_GP: Figures, strata_G: NDArray[np.int64], statistic: Callable[[Figures], Figures], *, seed: int, num_resamples: int, level: float
) -> Interval:
    kinds = Kinds(rows_GP, np.ones(len(rows_GP), dtype=np.int64), strata_G)
    return bca_intervals(kinds, lambda sums_RP: {"": statistic(sums_RP)}, seed=seed, num_resamples=num_resamples, level=level)[""]
