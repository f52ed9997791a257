"""Logistic regressions that predict the class of each image from the features of the images of the other folds.

Shapes: N images, M of them in a fold, C channels (different at each depth), K classes, D depths of the network.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mien.core.leftovers import remove, sweep, temporary_beside
from mien.core.parallel import num_processes, parallel_map

Floats = NDArray[np.float64]

C = 0.1  # inverse regularisation strength of the regressions; the share of planted noise that is found changes little from 0.03 to 0.3
MAX_STEPS = 1000
FEW = 1000  # up to this number of images, all regressions together take less time than further processes to start
SCRATCH = Path(".mien") / "doubts"


@dataclass(frozen=True)
class Regression:
    """One regression: the depth of its features, the images that it is fitted on, and those that it judges."""

    depth: int
    others: NDArray[np.intp]
    own: NDArray[np.intp]


def predictions(
    regressions: Sequence[Regression],
    features_DNC: Sequence[NDArray[np.floating]],
    targets_N: NDArray[np.integer],
    *,
    num_classes: int,
    seed: int,
    workers: int = 1,
    executor: Literal["local", "ray"] = "local",
    label: str,
) -> list[Floats]:
    """What `fold_predictions` returns for each regression, in order; `label` is the title of the progress bar.

    They run on `workers` processes (0: one per core) or as Ray tasks, which does not change the result. Each process needs memory
    for three copies of the features of one depth, and all together for a fourth.
    """
    if len(targets_N) <= FEW:
        workers, executor = 1, "local"
    with _shared(features_DNC, is_needed=executor == "ray" or num_processes(workers) > 1) as given_D:
        work = partial(_predicted, given_D, targets_N, num_classes=num_classes, seed=seed)
        return parallel_map(work, regressions, workers=workers, executor=executor, label=label, unit="regression")


def fold_predictions(
    features_NC: NDArray[np.floating],
    targets_N: NDArray[np.integer],
    others: NDArray[np.intp],
    own: NDArray[np.intp],
    *,
    num_classes: int,
    seed: int,
) -> Floats:
    """Return the M×K probabilities of the images `own` by a regression that is fitted on the images `others`.

    A row is NaN if `others` has no image of its class, because its label cannot be judged then.

    The regression runs on one thread. Two threads took forty times as long (350 images), because they waited for each other, and sums over
    several threads differ in their last digits.
    """
    found_MK = np.full((len(own), num_classes), np.nan)
    known = np.unique(targets_N[others])
    judged_M = np.isin(targets_N[own], known)
    if len(known) > 1 and judged_M.any():
        with threadpool_limits(1):
            model = regression(seed=seed).fit(features_NC[others], targets_N[others])
            probabilities = model.predict_proba(features_NC[own[judged_M]])
        found_MK[judged_M] = 0.0
        found_MK[np.ix_(judged_M, known)] = probabilities
    return found_MK


def regression(*, seed: int) -> Any:
    """Return the estimator that judges the features: standardisation, then multinomial logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=MAX_STEPS, random_state=seed))


def _predicted(
    given_D: Sequence[NDArray[np.floating] | Path], targets_N: NDArray[np.integer], regression: Regression, *, num_classes: int, seed: int
) -> Floats:
    given = given_D[regression.depth]
    features_NC = np.load(given, mmap_mode="r") if isinstance(given, Path) else given
    return fold_predictions(features_NC, targets_N, regression.others, regression.own, num_classes=num_classes, seed=seed)


@contextmanager
def _shared(features_DNC: Sequence[NDArray[np.floating]], *, is_needed: bool) -> Iterator[Sequence[NDArray[np.floating] | Path]]:
    """The features, or files with them in the working directory, because a pipe to each process would copy them for each regression."""
    if not is_needed:
        yield features_DNC
        return
    folder = temporary_beside(SCRATCH)
    folder.parent.mkdir(exist_ok=True)
    sweep(SCRATCH)
    try:
        folder.mkdir()
        files = [folder / f"{depth}.npy" for depth in range(len(features_DNC))]
        for file, features_NC in zip(files, features_DNC, strict=True):
            np.save(file, features_NC)
        yield files
    finally:
        remove(folder)
