"""Intervals of metrics that no resample changes: against Wilson's and statsmodels' intervals, and by simulation."""

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from mien.statistics.intervals import metric_intervals, wilson_interval
from mien.statistics.pairwise_tests import compare_pairs
from mien.statistics.present import drop_intervals, present_intervals
from mien.statistics.resampling import Interval
from mien.statistics.unseen import difference_of

CLASSES = 3
ALL = ("accuracy", "mean_accuracy", "macro_f1", "weighted_f1", "kappa", "top2_accuracy")


def intervals(actual_N: np.ndarray, predicted_N: np.ndarray, groups_N: np.ndarray | None = None) -> dict[str, Interval]:
    return metric_intervals(actual_N, predicted_N, CLASSES, in_top2_N=actual_N == predicted_N, groups_N=groups_N, seed=0, num_resamples=200)


@pytest.mark.parametrize("num", [3, 30, 3000])
def test_without_errors_the_interval_of_accuracy_is_wilsons(num: int) -> None:
    actual_N = np.arange(num) % CLASSES
    found = intervals(actual_N, actual_N)
    wanted = wilson_interval(num, num)
    for name in ("accuracy", "weighted_f1", "top2_accuracy"):
        assert (found[name].value, found[name].high) == (1, 1) and found[name].low == pytest.approx(wanted.low)
    by_class = wilson_interval(num // CLASSES, num // CLASSES).low
    for name in ("mean_accuracy", "macro_f1"):
        assert found[name].low == pytest.approx(by_class) and found[name].high == 1
    assert found["kappa"].low == pytest.approx(max(-1, 1 - 1.5 * (1 - wanted.low)))  # chance is 1/3


def test_copies_are_no_further_evidence() -> None:
    actual_N = np.repeat(np.arange(30) % CLASSES, 5)
    found, alone = (intervals(actual_N, actual_N, groups_N) for groups_N in (np.repeat(np.arange(30), 5), None))
    assert found["accuracy"].low == pytest.approx(wilson_interval(30, 30).low)
    assert found["accuracy"].low < alone["accuracy"].low


def test_a_model_that_always_predicts_one_class_is_not_certain_either() -> None:
    actual_N = np.arange(60) % CLASSES
    found = intervals(actual_N, np.zeros(60, dtype=np.int64))
    for name in ALL:
        assert found[name].low < found[name].high
    assert found["accuracy"].low < 1 / 3 < found["accuracy"].high and found["accuracy"].value == pytest.approx(1 / 3)
    recalls = [wilson_interval(20, 20), wilson_interval(0, 20), wilson_interval(0, 20)]
    assert found["mean_accuracy"].low == pytest.approx(np.mean([recall.low for recall in recalls]))
    assert found["mean_accuracy"].high == pytest.approx(np.mean([recall.high for recall in recalls]))


def test_without_a_single_right_prediction_the_interval_begins_at_0() -> None:
    actual_N = np.arange(60) % CLASSES
    found = intervals(actual_N, (actual_N + 1) % CLASSES)["accuracy"]
    assert found == Interval(0, 0, pytest.approx(wilson_interval(0, 60).high))


def test_errors_that_are_seen_keep_the_intervals_of_the_bootstrap() -> None:
    actual_N = np.arange(300) % CLASSES
    predicted_N = np.where(np.arange(300) < 30, (actual_N + 1) % CLASSES, actual_N)
    found = intervals(actual_N, predicted_N)
    again = metric_intervals(actual_N, predicted_N, CLASSES, seed=0, num_resamples=200)
    assert {name: found[name] for name in again} == again and found["accuracy"].high < 1


def test_images_of_another_set_have_the_same_intervals() -> None:
    actual_N = np.arange(40) % 2  # of three classes
    found = present_intervals(actual_N, actual_N, CLASSES, in_top2_N=np.full(40, True), groups_N=np.arange(40), seed=0, num_resamples=200)
    assert found["accuracy"].low == found["top2_accuracy"].low
    assert found["accuracy"].low == pytest.approx(wilson_interval(40, 40).low)
    assert found["macro_f1"].low == pytest.approx(wilson_interval(20, 20).low)


@pytest.mark.parametrize(
    ("right", "num", "other_right", "other_num"), [(40, 40, 25, 25), (40, 40, 20, 25), (0, 12, 30, 30), (7, 12, 8, 30)]
)
def test_the_difference_of_two_samples_is_that_of_statsmodels(right: int, num: int, other_right: int, other_num: int) -> None:
    found = difference_of(wilson_interval(right, num), wilson_interval(other_right, other_num))
    wanted = confint_proportions_2indep(other_right, other_num, right, num, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(wanted, abs=1e-12)


def test_two_sets_without_errors_may_yet_differ() -> None:
    own, other = np.arange(90) % CLASSES, np.arange(30) % CLASSES
    values, differences = drop_intervals((own, own, np.arange(90)), (other, other, np.arange(30)), CLASSES, seed=0, num_resamples=200)
    assert values == {"accuracy": 1, "mean_accuracy": 1, "macro_f1": 1}
    wanted = confint_proportions_2indep(30, 30, 90, 90, method="newcomb", compare="diff")
    assert (differences["accuracy"].low, differences["accuracy"].high) == pytest.approx(wanted)


def test_two_models_with_equal_predictions_may_yet_differ() -> None:
    actual_N = np.arange(30) % CLASSES
    row = compare_pairs(actual_N, {"a": actual_N, "b": actual_N}, CLASSES, seed=0, num_resamples=200).iloc[0]
    assert row["macro_f1_difference"] == 0 and row["macro_f1_low"] == -row["macro_f1_high"] and row["macro_f1_p"] == 1
    assert row["macro_f1_high"] == pytest.approx(wilson_interval(0, 10).high)


@pytest.mark.parametrize("num", [10, 40])
def test_a_good_models_accuracy_is_contained_where_the_bootstrap_alone_would_miss_it(num: int) -> None:
    """A true accuracy of 1 − 1 / (2 num): most samples have no error, and [1, 1] would miss the true value in all of them."""
    draws, truth = np.random.default_rng(0), 1 - 1 / (2 * num)
    actual_N = np.arange(num) % CLASSES
    held = 0
    for _ in range(60):
        wrong_N = draws.random(num) > truth
        interval = metric_intervals(actual_N, (actual_N + wrong_N) % CLASSES, CLASSES, seed=0, num_resamples=200)["accuracy"]
        held += interval.low <= truth <= interval.high
    assert held / 60 >= 0.9
