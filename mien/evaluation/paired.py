"""How far two sets of predictions on the same images differ, with intervals by the paired bootstrap.

Images (or, where images belong together, whole groups of them) are drawn with replacement, the same draw for both sets, and the
difference of each figure is taken anew: the percentiles of these differences are the interval (Efron and Tibshirani 1993, chapter 13).
It speaks of the test images drawn, not of what another seed of training would have given.

The figures depend on the images only through the two confusion matrices. Groups that add the same to both are interchangeable, so what is
drawn is how often each *kind* of group comes, from a multinomial: the same distribution as drawing the groups one by one.

Legend: R resamples, N images, G groups, K classes, T kinds of groups, P = 2 K² places of both confusion matrices.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mien.evaluation.metrics import Counts, Figures, precision_recall_f1, quotient

NUM_RESAMPLES = 10_000
LEVEL = 0.95
_CHUNK = 1000  # resamples at a time; bounds memory, and is part of what the seed means


@dataclass(frozen=True)
class Difference:
    """A figure of one set of predictions less that of the other, and its interval."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


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
) -> dict[str, Difference]:
    """Differences (predicted − reference) of overall accuracy, mean accuracy and macro-F1, by name; classes are 0 to K-1.

    Images with the same id in `groups_N` are drawn together. The same input and seed give the same answer.
    """
    kinds_TP, numbers_T = _kinds(actual_N, predicted_N, reference_N, num_classes, groups_N)
    observed = _differences(numbers_T[None], kinds_TP, num_classes)
    generator = np.random.default_rng(seed)
    drawn: dict[str, list[Figures]] = {name: [] for name in observed}
    for start in range(0, num_resamples, _CHUNK):
        size = min(_CHUNK, num_resamples - start)
        weights_RT = generator.multinomial(numbers_T.sum(), numbers_T / numbers_T.sum(), size=size)
        for name, values_R in _differences(weights_RT, kinds_TP, num_classes).items():
            drawn[name].append(values_R)
    tail = (1 - level) / 2
    differences = {}
    for name, values in drawn.items():
        low, high = np.quantile(np.concatenate(values), [tail, 1 - tail])
        differences[name] = Difference(float(observed[name][0]), float(low), float(high))
    return differences


def figures_of(confusion_RKK: Figures) -> Mapping[str, Figures]:
    """Overall accuracy, mean accuracy and macro-F1 of each of R confusion matrices, as mien/evaluation/metrics.py defines them."""
    classes = precision_recall_f1(confusion_RKK)
    num_right_R = np.trace(confusion_RKK, axis1=-2, axis2=-1)
    return {
        "accuracy": quotient(num_right_R, classes.support_K.sum(axis=-1)),
        "mean_accuracy": quotient(classes.recall_K.sum(axis=-1), (classes.support_K > 0).sum(axis=-1)),  # of the classes that have images
        "macro_f1": classes.f1_K.mean(axis=-1),
    }


def _kinds(
    actual_N: ArrayLike, predicted_N: ArrayLike, reference_N: ArrayLike, num_classes: int, groups_N: ArrayLike | None
) -> tuple[Figures, Counts]:
    """What each kind of group adds to the places of both confusion matrices (T×P, whole numbers), and how many groups are of it (T)."""
    actual_N, predicted_N, reference_N = (np.asarray(column, dtype=np.int64) for column in (actual_N, predicted_N, reference_N))
    assert actual_N.shape == predicted_N.shape == reference_N.shape and actual_N.ndim == 1 and actual_N.size
    assert all(column.min() >= 0 and column.max() < num_classes for column in (actual_N, predicted_N, reference_N))
    group_N = np.arange(actual_N.size) if groups_N is None else np.unique(np.asarray(groups_N), return_inverse=True)[1]
    counts_GP = np.zeros((group_N.max() + 1, 2 * num_classes**2), dtype=np.int64)
    np.add.at(counts_GP, (group_N, actual_N * num_classes + predicted_N), 1)
    np.add.at(counts_GP, (group_N, num_classes**2 + actual_N * num_classes + reference_N), 1)
    kinds_TP, numbers_T = np.unique(counts_GP, axis=0, return_counts=True)
    return kinds_TP.astype(np.float64), numbers_T  # floats: numpy multiplies integers without BLAS


def _differences(weights_RT: Counts, kinds_TP: Figures, num_classes: int) -> dict[str, Figures]:
    confusions_R2KK = (weights_RT.astype(np.float64) @ kinds_TP).reshape(-1, 2, num_classes, num_classes)
    ours, theirs = figures_of(confusions_R2KK[:, 0]), figures_of(confusions_R2KK[:, 1])
    return {name: ours[name] - theirs[name] for name in ours}
