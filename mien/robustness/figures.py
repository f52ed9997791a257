"""How much of a model's accuracy is left under corruptions, with intervals of the paired bootstrap.

The relative loss is 1 − (metric under the corruption) / (metric on the same images as they are): 0 if nothing is lost, 1 if all is lost,
below 0 if the corruption helps. That of a corruption is the mean over its strengths, and the mean relative loss of a model is the mean over
corruptions. ImageNet-C's mean corruption error divides errors by those of AlexNet instead, so that corruptions of unequal severity count
alike. There is no reference network for faces that everyone has, and one of our own would make values of different data sets incomparable.

The bootstrap draws images as `evaluate` does: in groups where images belong together, stratified by actual class. A draw has the same
images for the faces as they are and for every corruption and strength.

Legend: N images, C corruptions, G = 5 strengths, K classes, R resamples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.slices import MIN_GROUPS
from mien.robustness.predicting import CorruptedLogits
from mien.statistics.bca import bca_intervals
from mien.statistics.metrics import Counts, Figures
from mien.statistics.overall_metrics import figures_of
from mien.statistics.resampling import LEVEL, Interval, kinds_of, observe
from mien.statistics.unseen import Reach, unseen_errors, widened

NUM_RESAMPLES = 2000
"""there are hundreds of intervals, and two digits of their ends are enough"""
MEASURED = ("accuracy", "macro_f1")


@dataclass(frozen=True)
class Subject:
    """The test images whose faces were made worse: actual classes (0 to K-1), and the groups in which the bootstrap draws them."""

    actual_N: Counts
    groups_N: NDArray[np.str_]


def robustness_intervals(
    subject: Subject,
    logits: CorruptedLogits,
    names: Sequence[str],
    *,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Every metric with its interval, by name; the ends are NaN if there are fewer than MIN_GROUPS groups.

    For METRIC accuracy or macro_f1: `METRIC` of all images as they are; for each corruption NAME and STRENGTH (1 to 5)
    `NAME/STRENGTH/METRIC` and `NAME/STRENGTH/METRIC_loss`; `NAME/METRIC` of its images as they are; `NAME/METRIC_loss`, its mean; and
    `METRIC_loss`, the mean of these. A corruption without images is left out. A metric that no resample changes has the interval of
    statistics/unseen.py. The same input and seed give the same result.
    """
    num_classes, num_groups = logits.clean_NK.shape[1], len(np.unique(subject.groups_N))
    tested = [number for number in range(len(names)) if np.isfinite(logits.worse_CGNK[number]).any()]
    cells = [_cells(subject.actual_N, logits.clean_NK)]
    for number in tested:
        worse_GN = [_cells(subject.actual_N, worse_NK) for worse_NK in logits.worse_CGNK[number]]
        cells += [np.where(worse_GN[0] < 0, -1, cells[0]), *worse_GN]
    num_columns = len(cells)
    shifted = [np.where(own_N < 0, num_columns * num_classes**2, own_N + place * num_classes**2) for place, own_N in enumerate(cells)]
    kinds = kinds_of(np.stack(shifted, axis=1), num_columns * num_classes**2 + 1, groups_N=subject.groups_N, strata_N=subject.actual_N)

    def statistics(counts_RP: Figures) -> dict[str, Figures]:
        confusions = counts_RP[:, :-1].reshape(-1, num_classes, num_classes)
        found = {metric: values.reshape(-1, num_columns) for metric, values in figures_of(confusions).items() if metric in MEASURED}
        return _named(found, [names[number] for number in tested])

    if num_groups < MIN_GROUPS:
        return {name: Interval(value, np.nan, np.nan) for name, value in observe(kinds, statistics).items()}
    found = bca_intervals(kinds, statistics, seed=seed, num_resamples=num_resamples, level=level)
    seen = {"": cells[0] >= 0} | {names[number]: np.isfinite(logits.worse_CGNK[number, 0, :, 0]) for number in tested}
    unseen = {name: unseen_errors(subject.actual_N[seen_N], subject.groups_N[seen_N], level=level) for name, seen_N in seen.items()}
    return {name: _with_unseen(name, found, unseen) for name in found}


def _with_unseen(name: str, found: Mapping[str, Interval], unseen: Mapping[str, Mapping[str, Reach]]) -> Interval:
    """An interval without width reaches as far as unseen errors allow; a loss is a difference divided by the metric as it is."""
    corruption = name.split("/")[0] if "/" in name else ""
    metric = name.rpartition("/")[2].removesuffix("_loss")
    below, above = unseen[corruption][metric]
    if not name.endswith("_loss"):
        return widened(found[name], (below, above), least=0.0)
    clean = found[f"{corruption}/{metric}" if corruption else metric].value
    return widened(found[name], (below / clean, above / clean), least=-np.inf) if clean > 0 else found[name]


def _cells(actual_N: Counts, logits_NK: NDArray[np.float32]) -> Counts:
    """The cell of each image in a confusion matrix; -1 for an image that was not predicted."""
    known_N = ~np.isnan(logits_NK[:, 0])
    cells_N: Counts = np.where(known_N, actual_N * logits_NK.shape[1] + np.where(known_N[:, None], logits_NK, 0).argmax(axis=1), -1)
    return cells_N


def _named(values: Mapping[str, Figures], names: Sequence[str]) -> dict[str, Figures]:
    """Metrics by name from R × (1 + 6 C) values: all images as they are, then for each corruption its own, as they are and made worse."""
    found: dict[str, Figures] = {}
    for metric, own in values.items():
        found[metric] = own[:, 0]
        means = []
        for name, columns in zip(names, np.split(own[:, 1:], len(names), axis=1) if names else (), strict=True):
            clean_R, worse_RG = columns[:, 0], columns[:, 1:]
            loss_RG = np.where(clean_R[:, None] > 0, 1 - worse_RG / np.where(clean_R > 0, clean_R, 1)[:, None], 0)
            found[f"{name}/{metric}"] = clean_R
            for strength, (worse_R, loss_R) in enumerate(zip(worse_RG.T, loss_RG.T, strict=True), 1):
                found |= {f"{name}/{strength}/{metric}": worse_R, f"{name}/{strength}/{metric}_loss": loss_R}
            means.append(loss_RG.mean(axis=1))
            found[f"{name}/{metric}_loss"] = means[-1]
        if means:
            found[f"{metric}_loss"] = np.mean(means, axis=0)
    return found
