"""Labels that a model's features contradict: confident learning (Northcutt, Jiang and Chuang 2021, JAIR 70) over cross-validated
logistic regression. Shapes: N images, C channels, K classes, D depths of the network.

The network was trained on most of these labels and may have memorised wrong ones, so its own probabilities would hide them. A regression on
its features that is fitted without the image and its copies has not seen this label and can contradict it.

Three additions to the method find more of the label noise that benchmarks/label_noise.py plants:
- The log-probabilities of regressions at several depths are averaged, because the last feature map is biased towards memorised labels.
- The log-probabilities of several draws of the folds are averaged.
- The probabilities are calibrated with one temperature for images that the network was trained on, where it is more confident, and another
  for the other images (Guo et al. 2017). Otherwise the other images would crowd the doubtful end of the queue.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from mien.doubts.regressions import Floats, Regression, predictions
from mien.statistics.temperature import fit_temperature

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]

REPEATS = 4  # number of draws of the folds
MANY = 5000  # above this number of images, one draw is enough: chance matters less, and a regression on FER2013 takes half a minute
LEAST = 1e-12  # lower bound of a probability, for classes that a fold does not contain


@dataclass(frozen=True)
class Doubts:
    """The judgement of N labels. An image whose class is not in the other folds is not judged (NaN) and not doubted."""

    probabilities_NK: Floats
    """calibrated out-of-fold probabilities"""
    quality_N: Floats
    """cleanlab's label quality, which is the out-of-fold probability of the label, from 0 to 1; low values are doubtful"""
    suggested_N: NDArray[np.intp]
    """the most probable class"""
    doubted_N: NDArray[np.bool_]
    """whether the suggested class differs from the label"""
    issue_N: NDArray[np.bool_]
    """whether confident learning classifies the label as wrong; every issue is also doubted, but not every doubted label is an issue"""
    num_folds: int


def doubts(
    features_DNC: Sequence[NDArray[np.floating]],
    targets_N: NDArray[np.integer],
    units_N: NDArray[Any],
    *,
    seen_N: NDArray[np.bool_],
    num_classes: int,
    folds: int,
    seed: int,
    workers: int = 1,
    executor: Literal["local", "ray"] = "local",
    label: str = "doubts: regressions",
) -> Doubts:
    """Judge every label by the features of the other images, N×C at each depth.

    Images with the same id in `units_N` (copies of one picture, images of one person) are in the same fold. `seen_N` marks the images that
    the network was trained on. If a class has fewer units than `folds`, the number of folds is reduced to the number of its units (at least
    2). `workers`, `executor` and `label` are those of mien.doubts.regressions, and do not change the result.

    Source: Northcutt et al. 2021, section 3. Issues are found by cleanlab's default, prune_by_noise_rate.
    """
    from cleanlab.filter import find_label_issues  # seconds to load
    from cleanlab.rank import get_label_quality_scores

    num_folds, _ = folded(targets_N, units_N, folds=folds, seed=seed)
    logits_NK = np.zeros((len(targets_N), num_classes))
    repeats = REPEATS if len(targets_N) <= MANY else 1
    draws = [folded(targets_N, units_N, folds=folds, seed=seed + repeat)[1] for repeat in range(repeats)]
    depths = range(len(features_DNC))
    found = iter(
        predictions(
            [Regression(depth, others, own) for parts in draws for depth in depths for others, own in parts],
            features_DNC,
            targets_N,
            num_classes=num_classes,
            seed=seed,
            workers=workers,
            executor=executor,
            label=label,
        )
    )
    for parts in draws:
        for _ in depths:
            probabilities_NK = np.full((len(targets_N), num_classes), np.nan)
            for _, own in parts:
                probabilities_NK[own] = next(found)
            logits_NK += np.log(np.clip(probabilities_NK, LEAST, 1)) / (repeats * len(features_DNC))
    probabilities_NK = calibrated(logits_NK, targets_N, seen_N)

    judged_N = ~np.isnan(probabilities_NK).any(axis=1)
    quality_N, issue_N = np.full(len(targets_N), np.nan), np.zeros(len(targets_N), dtype=bool)
    # cleanlab requires class numbers without gaps, so classes that could not be judged at all are excluded.
    present = np.unique(targets_N[judged_N])
    if len(present) > 1:
        its = probabilities_NK[judged_N][:, present]
        its /= its.sum(axis=1, keepdims=True)
        labels = np.searchsorted(present, targets_N[judged_N])
        quality_N[judged_N] = get_label_quality_scores(labels, its, method="self_confidence", adjust_pred_probs=False)
        issue_N[judged_N] = find_label_issues(labels, its, n_jobs=1)
    suggested_N = np.where(judged_N, np.nan_to_num(probabilities_NK).argmax(axis=1), targets_N)
    return Doubts(probabilities_NK, quality_N, suggested_N, suggested_N != targets_N, issue_N, num_folds)


def folded(targets_N: NDArray[np.integer], units_N: NDArray[Any], *, folds: int, seed: int) -> tuple[int, list[Fold]]:
    """Return the number of folds, and for each the indices of the images to fit on and to judge; no folds if there are too few images."""
    from sklearn.model_selection import StratifiedGroupKFold

    fewest = min(len(np.unique(units_N[targets_N == k])) for k in np.unique(targets_N))
    num_folds = max(2, min(folds, fewest))
    if len(np.unique(units_N)) < num_folds or np.bincount(targets_N).max() < num_folds:
        return num_folds, []
    splitter = StratifiedGroupKFold(num_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # warning that a class has fewer images than folds
        return num_folds, list(splitter.split(np.empty((len(targets_N), 0)), targets_N, units_N))


def calibrated(logits_NK: Floats, targets_N: NDArray[np.integer], seen_N: NDArray[np.bool_]) -> Floats:
    """Return the softmax with one temperature for images that the network was trained on and one for the others; rows with NaN stay NaN."""
    probabilities_NK = np.full(logits_NK.shape, np.nan)
    for part_N in (seen_N, ~seen_N):
        part_N = part_N & ~np.isnan(logits_NK).any(axis=1)
        if part_N.any():
            probabilities_NK[part_N] = softmax(logits_NK[part_N] / fit_temperature(logits_NK[part_N], targets_N[part_N]), axis=1)
    return probabilities_NK
