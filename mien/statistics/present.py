"""Metrics of a model on images that may lack some of its classes, and their difference to its own test images.

The means over classes (macro-F1, mean accuracy) are over the P classes that are present. A prediction of an absent class is an error: it
lowers the recall of the actual class, but the absent class itself, whose F1 could only be 0, is not part of the mean. If every class is
present, each metric is that of mien/statistics/intervals.py.

Legend: N images, K classes of the model, P of them present, Q = P, or P + 1 if a class is absent: all absent classes count as one, the
last. R resamples.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.statistics.bca import bca_intervals
from mien.statistics.headline import MAIN
from mien.statistics.metrics import Figures, confusion_matrix, precision_recall_f1, quotient
from mien.statistics.overall_metrics import figures_of
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES, Interval, kinds_of
from mien.statistics.unseen import difference_of, unseen_errors, with_unseen


def present_classes(actual_N: ArrayLike) -> NDArray[np.int64]:
    """The classes that have images, in order (P)."""
    return np.unique(np.asarray(actual_N, dtype=np.int64))


def reduced(classes_N: ArrayLike, present: Sequence[int] | NDArray[np.int64], num_classes: int) -> NDArray[np.int64]:
    """Each class by its place among the present ones, 0 to P-1; absent classes become P."""
    place_K = np.full(num_classes, len(present), dtype=np.int64)
    place_K[np.asarray(present)] = np.arange(len(present))
    found: NDArray[np.int64] = place_K[np.asarray(classes_N, dtype=np.int64)]
    return found


def present_figures_of(confusion_RQQ: Figures, num_present: int) -> Mapping[str, Figures]:
    """The metrics of overall_metrics.figures_of, with macro-F1 over the first `num_present` classes only."""
    return {**figures_of(confusion_RQQ), "macro_f1": precision_recall_f1(confusion_RQQ).f1_K[..., :num_present].mean(axis=-1)}


def present_metrics(actual_N: ArrayLike, predicted_N: ArrayLike, num_classes: int) -> dict[str, float]:
    """The same metrics of one set of images, over the classes that have some."""
    present = present_classes(actual_N)
    size = _size(present, num_classes)
    confusion_QQ = confusion_matrix(reduced(actual_N, present, num_classes), reduced(predicted_N, present, num_classes), size)
    return {name: float(values[0]) for name, values in present_figures_of(confusion_QQ[None].astype(np.float64), len(present)).items()}


def present_intervals(
    actual_N: ArrayLike,
    predicted_N: ArrayLike,
    num_classes: int,
    *,
    in_top2_N: ArrayLike,
    groups_N: ArrayLike,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """The metrics of intervals.metric_intervals with their intervals, over the classes that have images.

    The bootstrap is that of metric_intervals: stratified by actual class, and groups are drawn together. The same input and seed give the
    same result.
    """
    present = present_classes(actual_N)
    actual_N, predicted_N = (reduced(classes_N, present, num_classes) for classes_N in (actual_N, predicted_N))
    size = _size(present, num_classes)
    cells = size**2
    places_NM = np.column_stack([actual_N * size + predicted_N, np.where(in_top2_N, cells, cells + 1)])

    def statistics(counts_RP: Figures) -> dict[str, Figures]:
        found = dict(present_figures_of(counts_RP[:, :cells].reshape(-1, size, size), len(present)))
        return found | {"top2_accuracy": quotient(counts_RP[:, cells], counts_RP[:, cells:].sum(axis=1))}

    kinds = kinds_of(places_NM, cells + 2, groups_N=groups_N, strata_N=actual_N)
    found = bca_intervals(kinds, statistics, seed=seed, num_resamples=num_resamples, level=level)
    return with_unseen(found, unseen_errors(actual_N, groups_N, right_N=actual_N == predicted_N, level=level))


def drop_intervals(
    own: tuple[ArrayLike, ArrayLike, ArrayLike],
    other: tuple[ArrayLike, ArrayLike, ArrayLike],
    num_classes: int,
    *,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
) -> tuple[dict[str, float], dict[str, Interval]]:
    """The metrics MAIN on the `own` test images, and their difference to the `other` images, other − own, with its interval.

    Each is a triple of actual and predicted classes and groups (N). Only the own images of classes that the other images have are counted,
    so that both values are over the same classes, and are defined alike. The two sets of images are drawn independently of each other, as
    two samples.
    """
    present = present_classes(other[0])
    size = _size(present, num_classes)
    cells, places, groups, strata, sides = size**2, [], [], [], []
    for number, (actual_N, predicted_N, groups_N) in enumerate((own, other)):
        counted_N = np.isin(np.asarray(actual_N), present)
        actual_N, predicted_N = (reduced(np.asarray(each)[counted_N], present, num_classes) for each in (actual_N, predicted_N))
        places.append(number * cells + actual_N * size + predicted_N)
        groups.append(np.unique(np.asarray(groups_N)[counted_N], return_inverse=True)[1])
        strata.append(number * size + actual_N)
        sides.append((strata[-1], groups[-1], actual_N == predicted_N))
    group_N = np.concatenate([groups[0], groups[1] + groups[0].max(initial=-1) + 1])

    def statistics(counts_RP: Figures) -> dict[str, Figures]:
        here, there = (
            present_figures_of(counts_RP[:, part].reshape(-1, size, size), len(present)) for part in (slice(cells), slice(cells, None))
        )
        figures = {f"own {name}": here[name] for name in MAIN} | {f"other {name}": there[name] for name in MAIN}
        return figures | {name: there[name] - here[name] for name in MAIN}

    kinds = kinds_of(np.concatenate(places)[:, None], 2 * cells, groups_N=group_N, strata_N=np.concatenate(strata))
    found = bca_intervals(kinds, statistics, seed=seed, num_resamples=num_resamples, level=level)
    before, after = (
        with_unseen({name: found[f"{which} {name}"] for name in MAIN}, unseen_errors(actual_N, groups_N, right_N=right_N, level=level))
        for which, (actual_N, groups_N, right_N) in zip(("own", "other"), sides, strict=True)
    )
    differences = {name: difference_of(before[name], after[name]) if found[name].low == found[name].high else found[name] for name in MAIN}
    return {name: before[name].value for name in MAIN}, differences


def _size(present: NDArray[np.int64], num_classes: int) -> int:
    return len(present) + (len(present) < num_classes)
