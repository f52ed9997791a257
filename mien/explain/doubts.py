"""Labels that a model's features contradict: confident learning (Northcutt, Jiang and Chuang 2021, JAIR 70) over cross-validated
logistic regression. Shapes: N images, C channels, K classes.

The network has seen most of these labels while it was trained, and may have learned a wrong one by heart; its own probabilities would hide
it. A regression on its features, fitted without the image and its copies, has not seen this label and can contradict it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

Floats = NDArray[np.float64]

# Strength of the regression's penalty is 1/C. Measured on planted noise (benchmarks/label_noise.py): average precision is flat from 0.01 to 0.1.
C = 0.03
MAX_STEPS = 1000


@dataclass(frozen=True)
class Doubts:
    """What there is to doubt about N labels. Images whose class the other folds did not have are not judged: NaN, and not doubted."""

    probabilities_NK: Floats
    """out of fold"""
    quality_N: Floats
    """cleanlab's label quality, the out-of-fold probability of the label, 0 to 1; low is doubtful"""
    suggested_N: NDArray[np.intp]
    """the most probable class"""
    doubted_N: NDArray[np.bool_]
    """whether confident learning counts the label among the wrong ones"""
    num_folds: int


def doubts(
    features_NC: NDArray[np.floating],
    targets_N: NDArray[np.integer],
    units_N: NDArray[Any],
    *,
    num_classes: int,
    folds: int,
    seed: int,
    progress: str | None = None,
) -> Doubts:
    """Judges every label by the features of the other images. `units_N` names what must not be parted: copies of one picture, photos of one person.

    With fewer units in a class than `folds`, there are as many folds as its units. `progress` names a progress bar, None shows none.
    Source: Northcutt et al. 2021, section 3; the doubted are cleanlab's prune_by_noise_rate, its default.
    """
    from cleanlab.filter import find_label_issues  # seconds to load
    from cleanlab.rank import get_label_quality_scores

    probabilities_NK, num_folds = out_of_fold(
        features_NC, targets_N, units_N, num_classes=num_classes, folds=folds, seed=seed, progress=progress
    )
    judged_N = ~np.isnan(probabilities_NK).any(axis=1)
    quality_N, doubted_N = np.full(len(targets_N), np.nan), np.zeros(len(targets_N), dtype=bool)
    # cleanlab numbers classes without gaps; a class that nowhere could be judged takes no part.
    present = np.unique(targets_N[judged_N])
    if len(present) > 1:
        its = probabilities_NK[judged_N][:, present]
        its /= its.sum(axis=1, keepdims=True)
        labels = np.searchsorted(present, targets_N[judged_N])
        quality_N[judged_N] = get_label_quality_scores(labels, its, method="self_confidence", adjust_pred_probs=False)
        doubted_N[judged_N] = find_label_issues(labels, its, n_jobs=1)
    return Doubts(probabilities_NK, quality_N, np.where(judged_N, probabilities_NK.argmax(axis=1), targets_N), doubted_N, num_folds)


def out_of_fold(
    features_NC: NDArray[np.floating],
    targets_N: NDArray[np.integer],
    units_N: NDArray[Any],
    *,
    num_classes: int,
    folds: int,
    seed: int,
    progress: str | None = None,
) -> tuple[Floats, int]:
    """Probabilities of each class, N×K, by regressions that saw neither the image nor any of its unit; and how many folds there were.

    A row is NaN where the other folds had no image of the image's own class: nothing can then be said about the label.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    fewest = min((len(np.unique(units_N[targets_N == k])) for k in np.unique(targets_N)), default=0)
    num_folds = max(2, min(folds, fewest))
    probabilities_NK = np.full((len(targets_N), num_classes), np.nan)
    if len(np.unique(units_N)) < num_folds or np.bincount(targets_N).max() < num_folds:
        return probabilities_NK, num_folds
    parts = StratifiedGroupKFold(num_folds, shuffle=True, random_state=seed).split(features_NC, targets_N, units_N)
    for others, own in tqdm(parts, desc=progress, unit="fold", total=num_folds, disable=progress is None):
        known = np.unique(targets_N[others])
        if len(known) < 2:
            continue
        model = regression(seed=seed).fit(features_NC[others], targets_N[others])
        own = own[np.isin(targets_N[own], known)]
        probabilities_NK[own] = 0.0
        if len(own):
            probabilities_NK[np.ix_(own, known)] = model.predict_proba(features_NC[own])
    return probabilities_NK, num_folds


def regression(*, seed: int) -> Any:
    """What judges the features: standardised, then multinomial logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=MAX_STEPS, random_state=seed))
