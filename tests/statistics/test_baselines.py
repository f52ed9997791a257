"""Baselines against scikit-learn's dummy classifiers, and by simulation; what the choice of the epoch did, by hand."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import brier_score_loss, cohen_kappa_score, f1_score, log_loss, recall_score, top_k_accuracy_score

from mien.statistics.baselines import majority_metrics, prior_metrics

SUPPORT = np.array([40, 10, 120, 30])
COUNTS = np.array([300, 200, 400, 100])
ACTUAL = np.repeat(np.arange(4), SUPPORT)
TRAINED = np.repeat(np.arange(4), COUNTS)


def figures(predicted_N: np.ndarray) -> dict[str, float]:
    return {
        "accuracy": float((predicted_N == ACTUAL).mean()),
        "mean_accuracy": recall_score(ACTUAL, predicted_N, average="macro", zero_division=0),
        "macro_f1": f1_score(ACTUAL, predicted_N, average="macro", zero_division=0),
        "weighted_f1": f1_score(ACTUAL, predicted_N, average="weighted", zero_division=0),
        "kappa": cohen_kappa_score(ACTUAL, predicted_N),
    }


def test_the_largest_class_as_scikit_learn() -> None:
    dummy = DummyClassifier(strategy="most_frequent").fit(ACTUAL[:, None], ACTUAL)
    found = majority_metrics(SUPPORT)
    shares_NK = np.tile(SUPPORT / SUPPORT.sum(), (len(ACTUAL), 1))
    wanted = figures(dummy.predict(ACTUAL[:, None])) | {"top2_accuracy": top_k_accuracy_score(ACTUAL, shares_NK, k=2)}
    assert found == pytest.approx(wanted, abs=1e-12)


def figures_of_many(predicted_RN: np.ndarray) -> dict[str, np.ndarray]:
    """`figures` of R runs at once."""
    counts_RKK = np.stack([(predicted_RN[:, actual == ACTUAL, None] == np.arange(4)).sum(axis=1) for actual in range(4)], axis=1)
    right_RK, predicted_RK = np.diagonal(counts_RKK, axis1=1, axis2=2), counts_RKK.sum(axis=1)
    f1_RK, accuracy_R = 2 * right_RK / (SUPPORT + predicted_RK), right_RK.sum(axis=1) / SUPPORT.sum()
    chance_R = predicted_RK @ SUPPORT / SUPPORT.sum() ** 2
    return {
        "accuracy": accuracy_R,
        "mean_accuracy": (right_RK / SUPPORT).mean(axis=1),
        "macro_f1": f1_RK.mean(axis=1),
        "weighted_f1": f1_RK @ SUPPORT / SUPPORT.sum(),
        "kappa": (accuracy_R - chance_R) / (1 - chance_R),
    }


def test_guessing_at_random_has_on_average_the_figures_that_are_exact_and_nearly_the_others() -> None:
    runs = 2000
    dummy = DummyClassifier(strategy="stratified", random_state=0).fit(TRAINED[:, None], TRAINED)
    predicted_RN = dummy.predict(np.zeros((runs * len(ACTUAL), 1))).reshape(runs, len(ACTUAL))
    drawn, found = figures_of_many(predicted_RN), prior_metrics(SUPPORT, COUNTS)
    for run in range(20):
        assert {name: values[run] for name, values in drawn.items()} == pytest.approx(figures(predicted_RN[run]), abs=1e-12)
    for name, values in drawn.items():
        error = values.std() / np.sqrt(runs)
        slack = 0.005 if name in ("macro_f1", "weighted_f1", "kappa") else 0.0  # those of the expected matrix, not the expected ones
        assert abs(found[name] - values.mean()) < 4 * error + slack, name
    assert found["kappa"] == pytest.approx(0, abs=1e-12)


def test_two_guesses_are_two_draws_without_putting_back() -> None:
    generator = np.random.default_rng(0)
    shares_K = COUNTS / COUNTS.sum()
    right = np.array([[actual in generator.choice(4, 2, replace=False, p=shares_K) for actual in ACTUAL] for _ in range(100)])
    assert prior_metrics(SUPPORT, COUNTS)["top2_accuracy"] == pytest.approx(right.mean(), abs=4 * 0.5 / np.sqrt(right.size))
    assert prior_metrics([3, 7], [1, 2])["top2_accuracy"] == pytest.approx(1.0, abs=1e-12)
    assert prior_metrics([3, 7, 5], [4, 0, 0])["top2_accuracy"] == pytest.approx(0.2), "the second guess of a sure one is nobody's"


def test_the_constant_forecast_as_scikit_learn() -> None:
    dummy = DummyClassifier(strategy="prior").fit(TRAINED[:, None], TRAINED)
    forecast_NK = dummy.predict_proba(ACTUAL[:, None])
    found = prior_metrics(SUPPORT, COUNTS)
    assert found["nll"] == pytest.approx(log_loss(ACTUAL, forecast_NK), abs=1e-12)
    assert found["brier"] == pytest.approx(brier_score_loss(ACTUAL, forecast_NK, scale_by_half=False), abs=1e-12)


def test_a_tested_class_that_training_never_saw_has_no_likelihood() -> None:
    assert prior_metrics([5, 5], [8, 0])["nll"] is None
    assert prior_metrics([5, 0], [8, 0])["nll"] == 0.0
