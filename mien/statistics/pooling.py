"""The mean of the probabilities of several classifiers: the linear opinion pool (Stone 1961, "The opinion pool").

It is computed from logarithms, so that no probability becomes 0. Legend: V classifiers, N images, K classes.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, logsumexp

from mien.statistics.metrics import Figures


def log_probabilities(logits_NK: ArrayLike, *, temperature: float) -> Figures:
    """The logarithms of the probabilities after division of the logits by the temperature, in double precision."""
    logs_NK: Figures = log_softmax(np.asarray(logits_NK, dtype=np.float64) / temperature, axis=1)
    return logs_NK


def log_mean_probabilities(logs_VNK: ArrayLike) -> Figures:
    """The logarithm of the mean of the probabilities whose logarithms are given, N×K; every classifier has the same weight."""
    logs_VNK = np.asarray(logs_VNK, dtype=np.float64)
    mean_NK: Figures = logsumexp(logs_VNK, axis=0) - np.log(len(logs_VNK))
    return mean_NK
