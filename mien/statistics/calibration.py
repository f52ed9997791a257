"""How well a model's probabilities match its accuracy: log-likelihood, Brier score, calibration errors and the reliability diagram.

The bins are NUM_BINS equal parts of 0 to 1. Each includes its upper edge and excludes its lower edge; 0 itself is in the first bin.

Legend: N images, K classes, B bins. Probabilities are the softmax of logits, so rows sum to 1; actual classes are 0 to K-1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, softmax

from mien.statistics.metrics import Figures

NUM_BINS = 15  # as in Guo et al. 2017


@dataclass(frozen=True)
class Bin:
    """A bar of the reliability diagram: images with a confidence above `low` and up to `high`; both means are None without images."""

    low: float
    high: float
    num_images: int
    confidence: float | None
    accuracy: float | None


def probabilities(logits_NK: ArrayLike) -> Figures:
    """Softmax, computed in double precision whatever the dtype of the logits."""
    shares_NK: Figures = softmax(np.asarray(logits_NK, dtype=np.float64), axis=1)
    return shares_NK


def negative_log_likelihood(logits_NK: ArrayLike, actual_N: ArrayLike) -> float:
    """Minus the mean log-probability of the actual class, in nats (cross-entropy). It is computed from logits, so that it stays finite."""
    logs_NK = log_softmax(np.asarray(logits_NK, dtype=np.float64), axis=1)
    return float(-np.take_along_axis(logs_NK, np.asarray(actual_N, dtype=np.int64)[:, None], axis=1).mean())


def brier_score(probabilities_NK: Figures, actual_N: ArrayLike) -> float:
    """The mean over images of Σ_k (p_k − y_k)², y one-hot (Brier 1950); from 0 (certain and right) to 2 (certain and wrong)."""
    return float(((probabilities_NK - _hits(probabilities_NK, actual_N)) ** 2).sum(axis=1).mean())


def expected_calibration_error(probabilities_NK: Figures, actual_N: ArrayLike, *, num_bins: int = NUM_BINS) -> float:
    """ECE: the mean over images of |accuracy − mean confidence| of the image's bin; 0 to 1 (Guo et al. 2017, equation 3).

    Confidence is the largest probability; in a tie the first class is the predicted one.
    """
    confidence_N, right_N = _confidences(probabilities_NK, actual_N)
    return _binned_gap(confidence_N, right_N, num_bins)


def classwise_calibration_error(probabilities_NK: Figures, actual_N: ArrayLike, *, num_bins: int = NUM_BINS) -> float:
    """Class-wise ECE: the mean over all K classes of the ECE of the binary problem "this class or another" (Kull et al. 2019); 0 to 1."""
    hits_NK = _hits(probabilities_NK, actual_N)
    return float(np.mean([_binned_gap(shares_N, hits_N, num_bins) for shares_N, hits_N in zip(probabilities_NK.T, hits_NK.T, strict=True)]))


def reliability_bins(probabilities_NK: Figures, actual_N: ArrayLike, *, num_bins: int = NUM_BINS) -> list[Bin]:
    """The bars of the reliability diagram, lowest confidence first; the mean of their gaps, weighted by images, is the ECE."""
    confidence_N, right_N = _confidences(probabilities_NK, actual_N)
    num_B, sums_B, hits_B = _binned(confidence_N, right_N, num_bins)
    edges = [float(edge) for edge in np.linspace(0, 1, num_bins + 1)]
    return [
        Bin(low, high, int(num), *((float(total / num), float(hits / num)) if num else (None, None)))
        for low, high, num, total, hits in zip(edges[:-1], edges[1:], num_B, sums_B, hits_B, strict=True)
    ]


def calibration_figures(logits_NK: ArrayLike, actual_N: ArrayLike, *, num_bins: int = NUM_BINS) -> dict[str, float]:
    """Returns `nll`, `brier`, `ece` and `classwise_ece` of a model's logits."""
    shares_NK = probabilities(logits_NK)
    return {
        "nll": negative_log_likelihood(logits_NK, actual_N),
        "brier": brier_score(shares_NK, actual_N),
        "ece": expected_calibration_error(shares_NK, actual_N, num_bins=num_bins),
        "classwise_ece": classwise_calibration_error(shares_NK, actual_N, num_bins=num_bins),
    }


def _hits(probabilities_NK: Figures, actual_N: ArrayLike) -> Figures:
    actual_N = np.asarray(actual_N, dtype=np.int64)
    num_classes = probabilities_NK.shape[1]
    assert actual_N.shape == probabilities_NK.shape[:1] and actual_N.size and actual_N.min() >= 0 and actual_N.max() < num_classes
    hits_NK: Figures = np.eye(num_classes)[actual_N]
    return hits_NK


def _confidences(probabilities_NK: Figures, actual_N: ArrayLike) -> tuple[Figures, Figures]:
    right_N = (probabilities_NK.argmax(axis=1) == np.asarray(actual_N)).astype(np.float64)
    return probabilities_NK.max(axis=1), right_N


def _binned_gap(shares_N: Figures, hits_N: Figures, num_bins: int) -> float:
    _, sums_B, hits_B = _binned(shares_N, hits_N, num_bins)
    return float(np.abs(hits_B - sums_B).sum() / len(shares_N))


def _binned(shares_N: Figures, hits_N: Figures, num_bins: int) -> tuple[Figures, Figures, Figures]:
    """Returns per bin: number of images, sum of their probabilities, sum of their hits."""
    inner = np.linspace(0, 1, num_bins + 1)[1:-1]
    bin_N = np.searchsorted(inner, shares_N, side="left")  # number of inner edges below the probability
    num_B = np.bincount(bin_N, minlength=num_bins).astype(np.float64)
    sums_B, hits_B = (np.bincount(bin_N, weights=column_N, minlength=num_bins).astype(np.float64) for column_N in (shares_N, hits_N))
    return num_B, sums_B, hits_B
