"""Labels that a model's features contradict: confident learning (Northcutt, Jiang and Chuang 2021, JAIR 70) over cross-validated
logistic regression. Shapes: N images, C channels, K classes, D depths of the network.

The network has seen most of these labels while it was trained, and may have learned a wrong one by heart; its own probabilities would hide
it. A regression on its features, fitted without the image and its copies, has not seen this label and can contradict it. Three things are
added, all because they find more of planted noise (benchmarks/label_noise.py). Regressions at several depths are averaged, in logarithms,
since the last feature map leans to what was learned by heart; and so are those of several ways to draw the folds. The probabilities of
images that the network was trained on, which are surer, and of the others are calibrated apart, by a temperature each (Guo et al. 2017);
else the others would crowd the doubtful end.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from mien.statistics.temperature import fit_temperature

Floats = NDArray[np.float64]
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]

C = 0.1  # inverse strength of the regressions' penalty; what is found of planted noise changes little from 0.03 to 0.3
REPEATS = 4  # ways to draw the folds
MANY = 5000  # images, above which one way does: the luck of a draw matters less, and a regression on FER2013 takes half a minute
MAX_STEPS = 1000
LEAST = 1e-12  # of a probability, where a class was not to be had


@dataclass(frozen=True)
class Doubts:
    """What there is to doubt about N labels. Images whose class the other folds did not have are not judged: NaN, and not doubted."""

    probabilities_NK: Floats
    """out of fold, calibrated"""
    quality_N: Floats
    """cleanlab's label quality, the out-of-fold probability of the label, 0 to 1; low is doubtful"""
    suggested_N: NDArray[np.intp]
    """the most probable class"""
    doubted_N: NDArray[np.bool_]
    """whether another class than the label is suggested"""
    issue_N: NDArray[np.bool_]
    """whether confident learning counts the label among the wrong ones; each of them is doubted, not each doubted one is an issue"""
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
    progress: str | None = None,
) -> Doubts:
    """Judges every label by the features of the other images, N×C at each depth. `units_N` names what must not be parted: copies of one
    picture, photos of one person. `seen_N` says which images the network was trained on.

    On one thread: two waited for each other forty times as long as one takes (350 images), and sums over threads differ in their last digits.
    With fewer units in a class than `folds`, there are as many folds as its units. `progress` names a progress bar, None shows none.
    Source: Northcutt et al. 2021, section 3; an issue is what cleanlab's prune_by_noise_rate, its default, finds.
    """
    from cleanlab.filter import find_label_issues  # seconds to load
    from cleanlab.rank import get_label_quality_scores

    num_folds, _ = folded(targets_N, units_N, folds=folds, seed=seed)
    logits_NK = np.zeros((len(targets_N), num_classes))
    repeats = REPEATS if len(targets_N) <= MANY else 1
    num_regressions = repeats * num_folds * len(features_DNC)
    with threadpool_limits(1), tqdm(desc=progress, unit="regression", total=num_regressions, disable=progress is None) as bar:
        for repeat in range(repeats):
            _, parts = folded(targets_N, units_N, folds=folds, seed=seed + repeat)
            for features_NC in features_DNC:
                probabilities_NK = np.full((len(targets_N), num_classes), np.nan)
                for others, own in parts:
                    predict_fold(probabilities_NK, features_NC, targets_N, others, own, seed=seed)
                    bar.update()
                logits_NK += np.log(np.clip(probabilities_NK, LEAST, 1)) / (repeats * len(features_DNC))
    probabilities_NK = calibrated(logits_NK, targets_N, seen_N)

    judged_N = ~np.isnan(probabilities_NK).any(axis=1)
    quality_N, issue_N = np.full(len(targets_N), np.nan), np.zeros(len(targets_N), dtype=bool)
    # cleanlab numbers classes without gaps; a class that nowhere could be judged takes no part.
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
    """How many folds, and the folds: places of the images to fit with and of those to judge. None if there is too little to fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    fewest = min(len(np.unique(units_N[targets_N == k])) for k in np.unique(targets_N))
    num_folds = max(2, min(folds, fewest))
    if len(np.unique(units_N)) < num_folds or np.bincount(targets_N).max() < num_folds:
        return num_folds, []
    splitter = StratifiedGroupKFold(num_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that a class has fewer images than there are folds
        return num_folds, list(splitter.split(np.empty((len(targets_N), 0)), targets_N, units_N))


def predict_fold(
    probabilities_NK: Floats,
    features_NC: NDArray[np.floating],
    targets_N: NDArray[np.integer],
    others: NDArray[np.intp],
    own: NDArray[np.intp],
    *,
    seed: int,
) -> None:
    """Fills in the rows `own` by a regression fitted on the rows `others`.

    A row stays NaN where the others have no image of the image's own class: nothing can then be said about the label.
    """
    known = np.unique(targets_N[others])
    own = own[np.isin(targets_N[own], known)]
    if len(known) > 1 and len(own):
        model = regression(seed=seed).fit(features_NC[others], targets_N[others])
        probabilities_NK[own] = 0.0
        probabilities_NK[np.ix_(own, known)] = model.predict_proba(features_NC[own])


def calibrated(logits_NK: Floats, targets_N: NDArray[np.integer], seen_N: NDArray[np.bool_]) -> Floats:
    """Softmax with a temperature for the images the network was trained on and one for the others; rows with NaN stay NaN."""
    probabilities_NK = np.full(logits_NK.shape, np.nan)
    for part_N in (seen_N, ~seen_N):
        part_N = part_N & ~np.isnan(logits_NK).any(axis=1)
        if part_N.any():
            probabilities_NK[part_N] = softmax(logits_NK[part_N] / fit_temperature(logits_NK[part_N], targets_N[part_N]), axis=1)
    return probabilities_NK


def regression(*, seed: int) -> Any:
    """What judges the features: standardised, then multinomial logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=MAX_STEPS, random_state=seed))
