"""Intervals for the test metrics of one model: its overall metrics and the recall of each class.

They cover the draw of test images, not the variation between training seeds.

Legend: N images, K classes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from mien.statistics.bca import bca_intervals
from mien.statistics.metrics import Figures, quotient
from mien.statistics.overall_metrics import figures_of
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES, Interval, kinds_of
from mien.statistics.unseen import unseen_errors, with_unseen


def metric_intervals(
    actual_N: ArrayLike,
    predicted_N: ArrayLike,
    num_classes: int,
    *,
    in_top2_N: ArrayLike | None = None,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Overall accuracy, mean accuracy, macro-F1, weighted F1 and Cohen's kappa with their intervals, by name; classes are 0 to K-1.

    `in_top2_N` says whether each image's actual class is among the model's two likeliest; it adds `top2_accuracy`. The bootstrap is
    stratified by actual class. Images with the same id in `groups_N` (copies of one picture, images of one person) are drawn together;
    groups that contain several classes form one stratum. A metric that no resample changes has the interval of unseen.py. The same input
    and seed give the same result.
    """
    actual_N, predicted_N = np.asarray(actual_N, dtype=np.int64), np.asarray(predicted_N, dtype=np.int64)
    assert actual_N.shape == predicted_N.shape and actual_N.ndim == 1 and actual_N.size
    assert min(actual_N.min(), predicted_N.min()) >= 0 and max(actual_N.max(), predicted_N.max()) < num_classes
    cells = num_classes**2
    places_NM, num_places = (actual_N * num_classes + predicted_N)[:, None], cells
    if in_top2_N is not None:
        places_NM, num_places = np.column_stack([places_NM, np.where(in_top2_N, cells, cells + 1)]), cells + 2

    def statistics(counts_RP: Figures) -> dict[str, Figures]:
        found = dict(figures_of(counts_RP[:, :cells].reshape(-1, num_classes, num_classes)))
        if in_top2_N is not None:
            found["top2_accuracy"] = quotient(counts_RP[:, cells], counts_RP[:, cells:].sum(axis=1))
        return found

    kinds = kinds_of(places_NM, num_places, groups_N=groups_N, strata_N=actual_N)
    found = bca_intervals(kinds, statistics, seed=seed, num_resamples=num_resamples, level=level)
    return with_unseen(found, unseen_errors(actual_N, groups_N, right_N=actual_N == predicted_N, level=level))


def recall_intervals(confusion_KK: NDArray[np.int64], *, level: float = LEVEL) -> list[Interval | None]:
    """The recall of each class with its Wilson interval; None for a class without images.

    Wilson's interval assumes independent images: it is too narrow if there are many copies of one picture.
    """
    return [
        wilson_interval(int(right), int(num), level=level) if num else None
        for right, num in zip(np.diag(confusion_KK), confusion_KK.sum(axis=1), strict=True)
    ]


def wilson_interval(num_right: int, num: int, *, level: float = LEVEL) -> Interval:
    """The share num_right / num with its score interval (Wilson 1927), which has a width even if all or none are right.

    The tests compare it with SciPy's and statsmodels' intervals. Those differ in the last bit, which would change committed metrics.
    """
    assert 0 <= num_right <= num and num > 0
    share, z = num_right / num, float(ndtri((1 + level) / 2))
    centre = (share + z**2 / (2 * num)) / (1 + z**2 / num)
    half = z * np.sqrt(share * (1 - share) / num + z**2 / (4 * num**2)) / (1 + z**2 / num)
    # At the ends the exact bound is 0 or 1; rounding would miss it by a tiny amount.
    return Interval(share, float(centre - half) if num_right else 0.0, float(centre + half) if num_right < num else 1.0)
