"""Calibration figures against scikit-learn and a slow loop; the temperature against scikit-learn's."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import brier_score_loss, log_loss

from mien.statistics import calibration, temperature
from mien.statistics.calibration import (
    brier_score,
    calibration_figures,
    classwise_calibration_error,
    expected_calibration_error,
    negative_log_likelihood,
    probabilities,
    reliability_bins,
)
from mien.statistics.temperature import BOUNDS, calibration_report, fit_temperature, reliability_table

Logits = NDArray[np.float32]


def draw(num: int, seed: int, *, num_classes: int = 5, sureness: float = 1.0) -> tuple[Logits, NDArray[np.int64]]:
    """Logits and classes drawn by their softmax; `sureness` then multiplies the logits, so that 1 is perfectly calibrated."""
    generator = np.random.default_rng(seed)
    logits_NK = generator.normal(0, 2, (num, num_classes))
    actual_N = (probabilities(logits_NK).cumsum(axis=1) < generator.random((num, 1))).sum(axis=1)
    return (logits_NK * sureness).astype(np.float32), actual_N


def slow_error(shares_N: NDArray[np.float64], hits_N: NDArray[np.bool_], num_bins: int) -> float:
    total = 0.0
    for number in range(num_bins):
        low, high = number / num_bins, (number + 1) / num_bins
        inside = [index for index, share in enumerate(shares_N) if low < share <= high or (number == 0 and share == 0)]
        if inside:
            total += len(inside) / len(shares_N) * abs(np.mean([hits_N[i] for i in inside]) - np.mean([shares_N[i] for i in inside]))
    return total


@pytest.mark.parametrize("num_classes", [2, 5, 7])
def test_likelihood_and_brier_as_scikit_learn(num_classes: int) -> None:
    logits_NK, actual_N = draw(300, num_classes, num_classes=num_classes)
    shares_NK = probabilities(logits_NK)
    assert negative_log_likelihood(logits_NK, actual_N) == pytest.approx(
        log_loss(actual_N, shares_NK, labels=range(num_classes)), abs=1e-12
    )
    wanted = brier_score_loss(np.eye(num_classes)[actual_N] if num_classes > 2 else actual_N, shares_NK, scale_by_half=False)
    assert brier_score(shares_NK, actual_N) == pytest.approx(wanted, abs=1e-12)


def test_likelihood_of_far_logits_stays_finite() -> None:
    assert negative_log_likelihood([[0.0, 2000.0]], [0]) == 2000.0


@pytest.mark.parametrize("num_bins", [1, 10, 15])
@pytest.mark.parametrize("num_classes", [2, 7])
def test_calibration_errors_as_the_slow_loop(num_bins: int, num_classes: int) -> None:
    logits_NK, actual_N = draw(400, num_bins, num_classes=num_classes, sureness=2)
    shares_NK = probabilities(logits_NK)
    right_N = shares_NK.argmax(axis=1) == actual_N
    found = expected_calibration_error(shares_NK, actual_N, num_bins=num_bins)
    assert found == pytest.approx(slow_error(shares_NK.max(axis=1), right_N, num_bins), abs=1e-12)
    each = [slow_error(shares_NK[:, number], actual_N == number, num_bins) for number in range(num_classes)]
    assert classwise_calibration_error(shares_NK, actual_N, num_bins=num_bins) == pytest.approx(np.mean(each), abs=1e-12)


def test_edges_belong_to_the_bin_below() -> None:
    shares_NK = np.array([[0.5, 0.5], [0.75, 0.25], [1.0, 0.0], [0.8, 0.2]])
    bins = reliability_bins(shares_NK, [0, 0, 0, 1], num_bins=4)
    assert [one.num_images for one in bins] == [0, 1, 1, 2]
    assert [(one.low, one.high) for one in bins] == [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]
    assert bins[0].confidence is None and bins[0].accuracy is None
    assert (bins[3].confidence, bins[3].accuracy) == (pytest.approx(0.9), 0.5)


def test_the_diagram_s_gaps_are_the_error() -> None:
    logits_NK, actual_N = draw(500, 1, sureness=3)
    shares_NK = probabilities(logits_NK)
    bins = [one for one in reliability_bins(shares_NK, actual_N) if one.num_images]
    assert sum(one.num_images for one in bins) == 500
    gaps = sum(one.num_images / 500 * abs((one.accuracy or 0) - (one.confidence or 0)) for one in bins)
    assert expected_calibration_error(shares_NK, actual_N) == pytest.approx(gaps, abs=1e-12)
    assert all(one.low < (one.confidence or 0) <= one.high for one in bins)


def test_known_figures() -> None:
    sure = np.eye(3)[[0, 1, 2, 0]]
    assert brier_score(sure, [0, 1, 2, 0]) == expected_calibration_error(sure, [0, 1, 2, 0]) == 0
    assert brier_score(sure, [1, 2, 0, 1]) == 2 and expected_calibration_error(sure, [1, 2, 0, 1]) == 1
    flat = np.full((6, 3), 1 / 3)
    assert expected_calibration_error(flat, [0, 1, 2, 0, 1, 2]) == pytest.approx(0)
    assert negative_log_likelihood(np.zeros((6, 3)), [0, 1, 2, 0, 1, 2]) == pytest.approx(np.log(3))


def test_a_calibrated_model_has_little_error_and_a_boaster_much() -> None:
    honest, boasting = (calibration_figures(*draw(20_000, 2, sureness=sureness)) for sureness in (1, 3))
    assert honest["ece"] < 0.015 and honest["classwise_ece"] < 0.015
    assert boasting["ece"] > 0.1 and all(boasting[name] > honest[name] for name in honest)


class Logged(ClassifierMixin, BaseEstimator):
    """A classifier whose input is its own logits, as scikit-learn wants it to fit a temperature."""

    def fit(self, logits_NK: Logits, actual_N: NDArray[np.int64]) -> "Logged":
        self.classes_ = np.unique(actual_N)
        self.n_features_in_ = logits_NK.shape[1]
        return self

    def decision_function(self, logits_NK: Logits) -> Logits:
        return logits_NK

    def predict(self, logits_NK: Logits) -> NDArray[np.int64]:
        return self.classes_[logits_NK.argmax(axis=1)]


@pytest.mark.parametrize("sureness", [0.3, 1, 4])
def test_temperature_as_scikit_learn_and_as_made(sureness: float) -> None:
    logits_NK, actual_N = draw(4000, 3, sureness=sureness)
    found = fit_temperature(logits_NK, actual_N)
    model = FrozenEstimator(Logged().fit(logits_NK, actual_N))
    theirs = CalibratedClassifierCV(model, method="temperature").fit(logits_NK.astype(np.float64), actual_N)
    assert found == pytest.approx(1 / theirs.calibrated_classifiers_[0].calibrators[0].beta_, rel=1e-5)
    assert found == pytest.approx(sureness, rel=0.06)


def test_temperature_is_the_best_of_its_neighbours_and_scales_with_the_logits() -> None:
    logits_NK, actual_N = draw(800, 4, sureness=2)
    found = fit_temperature(logits_NK, actual_N)
    best = negative_log_likelihood(logits_NK / found, actual_N)
    assert all(negative_log_likelihood(logits_NK / (found * factor), actual_N) > best for factor in (0.98, 1.02))
    assert fit_temperature(logits_NK * 3, actual_N) == pytest.approx(3 * found, rel=1e-5)


def test_without_a_best_temperature_it_is_a_bound() -> None:
    always_wrong = np.roll(np.eye(3), 1, axis=1) * 5
    assert fit_temperature(always_wrong, [0, 1, 2]) == BOUNDS[1]
    assert fit_temperature(np.zeros((3, 3)), [0, 1, 2]) == 1.0  # nothing to mend


@pytest.mark.parametrize("sureness", [0.1, 1, 5])
def test_images_without_an_error_say_nothing_about_errors(sureness: float) -> None:
    logits_NK = sureness * np.random.default_rng(4).normal(size=(50, 3))
    assert fit_temperature(logits_NK, logits_NK.argmax(axis=1)) == 1.0
    with_error = logits_NK.argmax(axis=1)
    with_error[0] = logits_NK[0].argmin()
    assert fit_temperature(logits_NK, with_error) != 1.0


def test_the_report_mends_a_boaster_and_changes_no_prediction() -> None:
    logits_NK, actual_N = draw(3000, 5, sureness=3)
    validation_NK, validation_N = draw(1000, 6, sureness=3)
    report = calibration_report(logits_NK, actual_N, validation_logits_NK=validation_NK, validation_actual_N=validation_N)
    assert report["temperature"] == fit_temperature(validation_NK, validation_N)  # of validation, not of test
    assert report["before"] == calibration_figures(logits_NK, actual_N) and report["num_bins"] == calibration.NUM_BINS
    assert all(report["after"][name] < report["before"][name] for name in report["before"])
    assert report["after"]["ece"] < 0.03 < report["before"]["ece"]
    np.testing.assert_array_equal((logits_NK / report["temperature"]).argmax(axis=1), logits_NK.argmax(axis=1))
    assert temperature.BOUNDS[0] < report["temperature"] < temperature.BOUNDS[1]


def test_the_reliability_table_holds_both_errors_and_every_image_twice() -> None:
    logits_NK, actual_N = draw(700, 7, sureness=3)
    table = reliability_table(logits_NK, actual_N, temperature=2.5)
    for when, divisor in (("before", 1), ("after", 2.5)):
        bars = table[table["temperature"] == when]
        assert bars["num_images"].sum() == 700 and bars["num_images"].min() > 0 and bars["low"].is_monotonic_increasing
        gap = (bars["num_images"] * (bars["accuracy"] - bars["confidence"]).abs()).sum() / 700
        assert gap == pytest.approx(expected_calibration_error(probabilities(logits_NK.astype(float) / divisor), actual_N), abs=1e-12)
