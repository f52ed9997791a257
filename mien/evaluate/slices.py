"""Where a model fails: its metrics on parts of the test images (a source, the darkest quarter), and the gap to all other images.

The bootstrap draws slice and rest together, in groups where images belong together, so that a person with images in both is drawn once.
Every resample keeps the number of groups that lie wholly in the slice, but not their classes: the interval describes further images
like these.

Gaps are associations: a slice may be worse because of its classes, not because of the column. Out of twenty slices without any real
difference, one is expected to show a gap whose interval excludes 0.

Legend: N images, K classes, R resamples, P = 2 K² cells of the confusion matrices of slice and rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mien.evaluate.slicing import MIN_IMAGES, NUM_BINS, slice_values
from mien.statistics.bca import bca_intervals
from mien.statistics.headline import MAIN
from mien.statistics.metrics import Figures
from mien.statistics.overall_metrics import figures_of
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES, Interval, kinds_of

COLUMNS = (
    *("column", "value", "num_images"),
    *(f"{figure}{suffix}{end}" for suffix in ("", "_gap") for figure in MAIN for end in ("", "_low", "_high")),
)
MIN_GROUPS = 10
"""Fewer groups do not show how groups differ: with five, such intervals contained the true value in 88 to 92 % of simulations."""


@dataclass(frozen=True)
class Slice:
    """The images with one value of a column: metrics, and their gaps (slice − rest).

    Interval ends are NaN if there are fewer than MIN_GROUPS groups or the slice's metric does not vary (all are right). Means over classes
    are None unless the slice (for gaps, also the rest) has MIN_GROUPS images of each tested class; gaps are None if there is no rest.
    """

    column: str
    value: str
    num_images: int
    figures: Mapping[str, Interval | None]
    gaps: Mapping[str, Interval | None]


def slice_metrics(
    actual_N: ArrayLike,
    predicted_N: ArrayLike,
    num_classes: int,
    columns: pd.DataFrame,
    *,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
    num_bins: int = NUM_BINS,
    min_images: int = MIN_IMAGES,
) -> list[Slice]:
    """Overall accuracy, mean accuracy and macro-F1 on each slice of each column; classes are 0 to K-1.

    `columns` has a row per image, in the order of `actual_N`; slicing.slice_values divides each column into slices, which contain every
    image once. Images with the same id in `groups_N` are drawn together. The same input and seed give the same result.
    """
    actual_N, predicted_N = np.asarray(actual_N, dtype=np.int64), np.asarray(predicted_N, dtype=np.int64)
    group_N = np.arange(len(actual_N)) if groups_N is None else np.unique(np.asarray(groups_N), return_inverse=True)[1]
    assert len(columns) == len(actual_N) == len(predicted_N) == len(group_N)
    found = []
    for column in columns:
        names, code_N = slice_values(columns[column], num_bins=num_bins, min_images=min_images)
        for code, name in enumerate(names):
            inside_N = code_N == code
            figures, gaps = _figures(
                actual_N, predicted_N, inside_N, group_N, num_classes, seed=seed, num_resamples=num_resamples, level=level
            )
            found.append(Slice(str(column), name, int(inside_N.sum()), figures, gaps))
    return found


def slices_table(slices: Sequence[Slice]) -> pd.DataFrame:
    """A row per slice (COLUMNS): each metric and gap with its interval ends (METRIC_low, METRIC_gap_high); NaN for None."""
    rows = []
    for one in slices:
        row: dict[str, Any] = {"column": one.column, "value": one.value, "num_images": one.num_images}
        for suffix, intervals in (("", one.figures), ("_gap", one.gaps)):
            for name, interval in intervals.items():
                shown = interval or Interval(nan, nan, nan)
                row |= {f"{name}{suffix}": shown.value, f"{name}{suffix}_low": shown.low, f"{name}{suffix}_high": shown.high}
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _figures(
    actual_N: NDArray[np.int64],
    predicted_N: NDArray[np.int64],
    inside_N: NDArray[np.bool_],
    group_N: NDArray[np.int64],
    num_classes: int,
    **options: Any,
) -> tuple[dict[str, Interval | None], dict[str, Interval | None]]:
    """The metrics of the images `inside_N`, and the gaps to the others."""
    cells = num_classes**2
    places_N = np.where(inside_N, 0, cells) + actual_N * num_classes + predicted_N

    def statistics(counts_RP: Figures) -> dict[str, Figures]:
        inside, rest = (figures_of(counts_RP[:, part].reshape(-1, num_classes, num_classes)) for part in (slice(cells), slice(cells, None)))
        return {name: inside[name] for name in MAIN} | {f"{name} gap": inside[name] - rest[name] for name in MAIN}

    found = bca_intervals(kinds_of(places_N[:, None], 2 * cells, groups_N=group_N, strata_N=inside_N), statistics, **options)
    present = np.unique(actual_N)
    has_all, rest_has_all = (
        bool((np.bincount(actual_N[part], minlength=num_classes)[present] >= MIN_GROUPS).all()) for part in (inside_N, ~inside_N)
    )
    enough, rest_enough = (len(np.unique(group_N[part])) >= MIN_GROUPS for part in (inside_N, ~inside_N))
    figures: dict[str, Interval | None] = {}
    gaps: dict[str, Interval | None] = {}
    for name in MAIN:
        own, gap = found[name], found[f"{name} gap"]
        varies = own.low < own.high
        figures[name] = _known(own, ends=enough and varies) if name == "accuracy" or has_all else None
        comparable = not inside_N.all() and (name == "accuracy" or (has_all and rest_has_all))
        gaps[name] = _known(gap, ends=enough and rest_enough and varies) if comparable else None
    return figures, gaps


def _known(interval: Interval, *, ends: bool) -> Interval:
    return interval if ends else Interval(interval.value, nan, nan)
