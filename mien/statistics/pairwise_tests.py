"""Which of several models, tested on the same images, are really better: tests of every pair, corrected for the number of pairs.

Each pair gets two tests, each with Holm's correction over all pairs: whether both models are right equally often (McNemar's exact test,
overall accuracy), and whether their macro-F1 is the same (paired bootstrap). Both cover the draw of test images, not the variation
between training seeds.

Legend: N images, K classes, G groups.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, binomtest
from tqdm import tqdm

from mien.statistics.paired import paired_resamples
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES
from mien.statistics.unseen import unseen_errors, widened

COLUMNS = (
    "first",
    "second",
    "only_first_right",  # images
    "only_second_right",
    "accuracy_difference",  # first − second
    "accuracy_p",
    "accuracy_p_holm",
    "macro_f1_difference",
    "macro_f1_low",
    "macro_f1_high",
    "macro_f1_p",
    "macro_f1_p_holm",
)
_RESAMPLES_PER_PAIR = 100  # a minimum; p-values below 2 / resamples do not exist, and Holm multiplies them by the number of pairs


def compare_pairs(
    actual_N: ArrayLike,
    predictions: Mapping[str, ArrayLike],
    num_classes: int,
    *,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
    progress: str | None = None,
) -> pd.DataFrame:
    """A row per pair of models (COLUMNS), in the order of `predictions`; no rows for a single model.

    `predictions` holds the predicted classes (0 to K-1) by model. `progress` names a progress bar; None shows none.

    Images with the same id in `groups_N` count as one piece of evidence. `macro_f1_low` and `_high` are the interval of one pair by itself.
    It may exclude 0 although the corrected `macro_f1_p_holm` is above 1 − level; the difference must then not be called real.
    """
    right = {model: np.asarray(predicted_N) == np.asarray(actual_N) for model, predicted_N in predictions.items()}
    pairs = list(combinations(predictions, 2))
    unseen = unseen_errors(np.asarray(actual_N, dtype=np.int64), groups_N, level=level)
    rows: list[dict[str, Any]] = []
    for first, second in tqdm(pairs, desc=progress, unit="pair", disable=progress is None):
        macro_f1 = paired_resamples(
            actual_N,
            predictions[first],
            predictions[second],
            num_classes,
            groups_N=groups_N,
            seed=seed,
            num_resamples=max(num_resamples, _RESAMPLES_PER_PAIR * len(pairs)),
        )["macro_f1"]
        interval = widened(macro_f1.interval(level), unseen["macro_f1"], least=-1.0)
        rows.append(
            {
                "first": first,
                "second": second,
                "only_first_right": int((right[first] & ~right[second]).sum()),
                "only_second_right": int((right[second] & ~right[first]).sum()),
                "accuracy_difference": float(right[first].mean() - right[second].mean()),
                "accuracy_p": mcnemar_p(right[first], right[second], groups_N=groups_N),
                "macro_f1_difference": interval.value,
                "macro_f1_low": interval.low,
                "macro_f1_high": interval.high,
                "macro_f1_p": macro_f1.p_value,
            }
        )
    for name in ("accuracy_p", "macro_f1_p"):
        for row, adjusted in zip(rows, holm([row[name] for row in rows]), strict=True):
            row[f"{name}_holm"] = adjusted
    return pd.DataFrame(rows, columns=list(COLUMNS))


def mcnemar_p(right_first_N: NDArray[np.bool_], right_second_N: NDArray[np.bool_], *, groups_N: ArrayLike | None = None) -> float:
    """The two-sided p-value of McNemar's exact test: of the images that exactly one model has right, half are expected for each model.

    With `groups_N`, groups take the place of images, each with the number by which one model has more of its images right than the other.
    p is then the share of all ways to swap the models in some groups that give at least as large a difference. Without groups of several
    images both definitions agree.
    """
    differences_N = right_first_N.astype(np.int64) - right_second_N.astype(np.int64)
    if groups_N is None:
        first, second = int((differences_N > 0).sum()), int((differences_N < 0).sum())
        return float(binomtest(first, first + second, 0.5).pvalue) if first + second else 1.0
    group_N = np.unique(np.asarray(groups_N), return_inverse=True)[1]
    differences_G = np.bincount(group_N, weights=differences_N).astype(np.int64)
    chances = np.ones(1)  # the probability of each sum from -reach to reach, in steps of 1
    for size, num in zip(*np.unique(np.abs(differences_G[differences_G != 0]), return_counts=True), strict=True):
        own = np.zeros(2 * size * num + 1)
        own[:: 2 * size] = binom.pmf(np.arange(num + 1), num, 0.5)
        chances = np.convolve(chances, own)
    reach = len(chances) // 2
    return float(min(1.0, chances[np.abs(np.arange(-reach, reach + 1)) >= abs(differences_G.sum())].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values after Holm's correction (1979), in order. If those ≤ α are called real, the chance of any error is at most α."""
    p_M = np.asarray(p_values, dtype=np.float64)
    order_M = np.argsort(p_M, kind="stable")
    adjusted_M = np.empty_like(p_M)
    adjusted_M[order_M] = np.maximum.accumulate(np.minimum(1.0, np.arange(len(p_M), 0, -1) * p_M[order_M]))
    return [float(p) for p in adjusted_M]
