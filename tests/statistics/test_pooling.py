"""The mean of probabilities, computed from logarithms, against the mean itself and where a probability would be 0."""

import numpy as np
import pytest
from scipy.special import softmax

from mien.statistics.pooling import log_mean_probabilities, log_probabilities


def drawn(seed: int, *, scale: float = 1.0) -> np.ndarray:
    return scale * np.random.default_rng(seed).normal(size=(40, 5))


def test_it_is_the_mean_of_the_probabilities_after_each_temperature() -> None:
    logits, temperatures = [drawn(seed, scale=3) for seed in range(3)], (0.5, 1.0, 4.0)
    pooled = log_mean_probabilities([log_probabilities(each, temperature=own) for each, own in zip(logits, temperatures, strict=True)])
    expected = np.mean([softmax(each / own, axis=1) for each, own in zip(logits, temperatures, strict=True)], axis=0)
    np.testing.assert_allclose(np.exp(pooled), expected, rtol=1e-12)
    np.testing.assert_allclose(softmax(pooled, axis=1), expected, rtol=1e-12)


def test_several_times_the_same_classifier_is_that_classifier() -> None:
    own = log_probabilities(drawn(1), temperature=2.0)
    np.testing.assert_allclose(log_mean_probabilities([own, own, own]), own, atol=1e-12)


def test_the_order_of_the_classifiers_does_not_matter() -> None:
    one, other = (log_probabilities(drawn(seed), temperature=1.0) for seed in (1, 2))
    np.testing.assert_allclose(log_mean_probabilities([one, other]), log_mean_probabilities([other, one]), rtol=1e-14)


def test_classifiers_that_are_certain_of_different_classes_are_undecided_and_stay_finite() -> None:
    """Their probabilities of other classes are 0 in double precision; that of the third class is 0 by both."""
    certain = [log_probabilities([[5000.0, 0.0, 0.0]], temperature=1.0), log_probabilities([[0.0, 5000.0, 0.0]], temperature=1.0)]
    pooled = log_mean_probabilities(certain)
    assert np.isfinite(pooled).all()
    assert np.exp(pooled[0]) == pytest.approx([0.5, 0.5, 0.0])
