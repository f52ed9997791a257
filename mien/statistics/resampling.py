"""The bootstrap that every interval here rests on: groups of images drawn with replacement, by how often each kind of group comes.

A figure depends on the images only through counts: each image adds 1 to some places of a row of counts (the cell of a confusion matrix, or
the cells of two). Groups that add the same are interchangeable, so what is drawn is how often each *kind* of group comes, from a
multinomial: the same distribution as drawing the groups one by one (Efron and Tibshirani 1993, chapter 6), at a small part of the work.

A stratum keeps its number of groups in every resample (Davison and Hinkley 1997, section 3.2). A group whose images are of several strata
belongs to none of them: such groups make one more stratum together.

Legend: R resamples, N images, M places to which each image adds, P places, T kinds of groups.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mien.statistics.metrics import Counts, Figures

Statistics = Callable[[Figures], Mapping[str, Figures]]
"""From R × P counts to named figures, R values of each."""

NUM_RESAMPLES = 10_000
LEVEL = 0.95
_CHUNK = 1000  # resamples at a time; bounds memory, and is part of what the seed means


@dataclass(frozen=True)
class Kinds:
    """What one group of each kind adds to each place (whole numbers), how many groups are of the kind, and their stratum."""

    counts_TP: Figures  # floats: numpy multiplies integers without BLAS
    numbers_T: Counts
    strata_T: Counts

    @property
    def totals_P(self) -> Figures:
        """The counts of the images as they are."""
        return self.numbers_T @ self.counts_TP


@dataclass(frozen=True)
class Interval:
    """A figure, or a difference of two, and the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


def kinds_of(places_NM: ArrayLike, num_places: int, *, groups_N: ArrayLike | None = None, strata_N: ArrayLike | None = None) -> Kinds:
    """The kinds among the groups of images. Each image adds 1 at its places (0 to P-1); without `groups_N` it is a group by itself."""
    places_NM = np.asarray(places_NM, dtype=np.int64)
    assert places_NM.ndim == 2 and places_NM.size and places_NM.min() >= 0 and places_NM.max() < num_places
    num_images = len(places_NM)
    group_N = np.arange(num_images) if groups_N is None else np.unique(np.asarray(groups_N), return_inverse=True)[1]
    strata_N = np.zeros(num_images, dtype=np.int64) if strata_N is None else np.asarray(strata_N, dtype=np.int64)
    assert group_N.shape == strata_N.shape == (num_images,) and strata_N.min() >= 0
    num_groups, mixed = group_N.max() + 1, strata_N.max() + 1
    first_G = np.zeros(num_groups, dtype=np.int64)
    first_G[group_N] = strata_N  # of one of its images
    first_G[group_N[first_G[group_N] != strata_N]] = mixed
    rows_GP = np.zeros((num_groups, 1 + num_places), dtype=np.int64)
    rows_GP[:, 0] = first_G
    for places_N in places_NM.T:
        np.add.at(rows_GP, (group_N, 1 + places_N), 1)
    rows_TP, numbers_T = np.unique(rows_GP, axis=0, return_counts=True)
    return Kinds(rows_TP[:, 1:].astype(np.float64), numbers_T, rows_TP[:, 0])


def resample(kinds: Kinds, statistics: Statistics, *, seed: int, num_resamples: int = NUM_RESAMPLES) -> dict[str, Figures]:
    """Each figure in each of R resamples, by name. The same input and seed give the same answer."""
    generator = np.random.default_rng(seed)
    strata = [kinds.strata_T == stratum for stratum in np.unique(kinds.strata_T)]
    drawn: dict[str, list[Figures]] = {}
    for start in range(0, num_resamples, _CHUNK):
        size = min(_CHUNK, num_resamples - start)
        counts_RP = np.zeros((size, kinds.counts_TP.shape[1]))
        for own_T in strata:
            numbers_T = kinds.numbers_T[own_T]
            weights_RT = generator.multinomial(numbers_T.sum(), numbers_T / numbers_T.sum(), size=size)
            counts_RP += weights_RT.astype(np.float64) @ kinds.counts_TP[own_T]
        for name, values_R in statistics(counts_RP).items():
            drawn.setdefault(name, []).append(values_R)
    return {name: np.concatenate(values) for name, values in drawn.items()}


def observe(kinds: Kinds, statistics: Statistics) -> dict[str, float]:
    """Each figure of the images as they are, by name."""
    return {name: float(values_R[0]) for name, values_R in statistics(kinds.totals_P[None]).items()}
