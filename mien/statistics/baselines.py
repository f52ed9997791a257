"""Baselines for the test metrics: guessing without looking at the images.

Legend: K classes. support_K counts test images by actual class, class_counts_K training images.
"""

import numpy as np
from numpy.typing import ArrayLike

from mien.statistics.metrics import majority_baseline
from mien.statistics.overall_metrics import overall_metrics


def majority_metrics(support_K: ArrayLike) -> dict[str, float]:
    """The overall metrics of always guessing the class with most test images, with the second most frequent class as second guess.

    They are exact. No other constant guess has a higher overall accuracy, because this one knows the classes of the test images.
    """
    support_K = np.asarray(support_K)
    top2 = np.sort(support_K)[-2:].sum() / support_K.sum()
    return {**overall_metrics(majority_baseline(np.diag(support_K))), "top2_accuracy": float(top2)}


def prior_metrics(support_K: ArrayLike, class_counts_K: ArrayLike) -> dict[str, float | None]:
    """The overall metrics of guessing at random with the classes' shares q_k in training, and `nll` and `brier` of the forecast q.

    They are the metrics of the expected confusion matrix, support × q. The expected overall accuracy, mean accuracy and top-2 accuracy
    are exact (a second guess of another class is drawn with the remaining shares: k is among both with q_k (1 + Σ_j≠k q_j / (1 − q_j))),
    and so are negative log-likelihood and Brier score, because the forecast is the same for every image. F1 and kappa are not linear:
    their value on the expected matrix approximates their expected value, better with more images (kappa is 0).
    `nll` is None if a tested class had no training images.
    """
    support_K, shares_K = np.asarray(support_K), np.asarray(class_counts_K) / np.sum(class_counts_K)
    tested_K = support_K / support_K.sum()
    with np.errstate(divide="ignore"):
        odds_K = np.where(shares_K < 1, shares_K / (1 - shares_K), 0.0)
        surprise_K = -np.log(shares_K)
    among_two_K = np.minimum(1.0, shares_K * (1 + odds_K.sum() - odds_K))
    present_K = support_K > 0
    nll = float(tested_K[present_K] @ surprise_K[present_K])
    return {
        **overall_metrics(np.outer(support_K, shares_K)),
        "top2_accuracy": float(tested_K @ among_two_K),
        "nll": nll if np.isfinite(nll) else None,
        "brier": float(1 + shares_K @ shares_K - 2 * tested_K @ shares_K),
    }
