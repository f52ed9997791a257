"""Intervals of metrics that no resample changes: against statsmodels' intervals, a search by SciPy, and by simulation."""

import numpy as np
import pytest
from scipy.optimize import minimize
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from mien.statistics.intervals import metric_intervals, wilson_interval
from mien.statistics.pairwise_tests import compare_pairs
from mien.statistics.present import drop_intervals, present_intervals
from mien.statistics.resampling import Interval
from mien.statistics.unseen import difference_of, largest_sum

CLASSES = 3
ALL = ("accuracy", "mean_accuracy", "macro_f1", "weighted_f1", "kappa", "top2_accuracy")


def exact(num_right: int, num: int) -> tuple[float, float]:
    """Clopper and Pearson's interval."""
    low, high = proportion_confint(num_right, num, method="beta")
    return float(low), float(high)


def intervals(actual_N: np.ndarray, predicted_N: np.ndarray, groups_N: np.ndarray | None = None) -> dict[str, Interval]:
    return metric_intervals(actual_N, predicted_N, CLASSES, in_top2_N=actual_N == predicted_N, groups_N=groups_N, seed=0, num_resamples=200)


@pytest.mark.parametrize("num", [3, 30, 3000])
def test_without_errors_the_interval_of_accuracy_is_clopper_and_pearsons(num: int) -> None:
    actual_N = np.arange(num) % CLASSES
    found = intervals(actual_N, actual_N)
    low = exact(num, num)[0]
    for name in ("accuracy", "mean_accuracy", "macro_f1", "weighted_f1", "top2_accuracy"):  # classes are equally frequent
        assert (found[name].value, found[name].high) == (1, 1) and found[name].low == pytest.approx(low)
    assert found["kappa"].low == pytest.approx(max(-1, 1 - 1.5 * (1 - low)))  # chance is 1/3


@pytest.mark.parametrize("numbers", [(5,), (10, 10), (3, 40, 12), (1, 1, 500), (7, 8, 9, 300, 2)])
def test_errors_of_classes_are_the_most_that_could_remain_unseen(numbers: tuple[int, ...]) -> None:
    found = largest_sum(np.array(numbers), 0.025)
    best = max(
        -minimize(
            lambda shares: -shares.sum(),
            start * np.ones(len(numbers)),
            bounds=[(0, 1 - 1e-12)] * len(numbers),
            constraints={"type": "ineq", "fun": lambda shares: np.dot(numbers, np.log1p(-shares)) - np.log(0.025)},
            method="SLSQP",
            options={"maxiter": 500},
        ).fun
        for start in (0.001, 0.01, 0.1)
    )
    assert found == pytest.approx(best, abs=1e-4)
    assert largest_sum(np.array([], dtype=np.int64), 0.025) == 0


def test_rare_classes_make_means_over_classes_less_certain() -> None:
    actual_N = np.repeat([0, 1, 2], [100, 100, 5])
    found = intervals(actual_N, actual_N)
    assert found["macro_f1"].low < found["accuracy"].low
    assert found["macro_f1"].low >= 1 - (1 - exact(5, 5)[0]) / 3 - (1 - exact(100, 100)[0])


def test_copies_are_no_further_evidence() -> None:
    actual_N = np.repeat(np.arange(30) % CLASSES, 5)
    found, alone = (intervals(actual_N, actual_N, groups_N) for groups_N in (np.repeat(np.arange(30), 5), None))
    assert found["accuracy"].low == pytest.approx(exact(30, 30)[0])
    assert found["accuracy"].low < alone["accuracy"].low


def test_a_model_that_always_predicts_one_class_is_not_certain_either() -> None:
    actual_N = np.arange(60) % CLASSES
    found = intervals(actual_N, np.zeros(60, dtype=np.int64))
    for name in ALL:
        assert found[name].low < found[name].high
    assert found["accuracy"].low < 1 / 3 < found["accuracy"].high and found["accuracy"].value == pytest.approx(1 / 3)
    assert found["mean_accuracy"].low == pytest.approx(1 / 3 - (1 - exact(20, 20)[0]) / 3)  # by errors of the class that is right
    assert found["mean_accuracy"].high == pytest.approx(1 / 3 + 2 * exact(0, 40)[1] / 3)


def test_without_a_single_right_prediction_the_interval_begins_at_0() -> None:
    actual_N = np.arange(60) % CLASSES
    found = intervals(actual_N, (actual_N + 1) % CLASSES)["accuracy"]
    assert found == Interval(0, 0, pytest.approx(exact(0, 60)[1]))


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
    assert [found["accuracy"].low, found["macro_f1"].low] == pytest.approx([exact(40, 40)[0]] * 2)


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
    assert differences["accuracy"].low == pytest.approx(exact(30, 30)[0] - 1)
    assert differences["accuracy"].high == pytest.approx(1 - exact(90, 90)[0])


def test_two_models_with_equal_predictions_may_yet_differ() -> None:
    actual_N = np.arange(30) % CLASSES
    row = compare_pairs(actual_N, {"a": actual_N, "b": actual_N}, CLASSES, seed=0, num_resamples=200).iloc[0]
    assert row["macro_f1_difference"] == 0 and row["macro_f1_low"] == -row["macro_f1_high"] and row["macro_f1_p"] == 1
    assert row["macro_f1_high"] == pytest.approx(exact(0, 30)[1])


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
