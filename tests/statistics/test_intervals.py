"""Intervals of one model's figures: Wilson against SciPy, the bootstrap's laws and its speed."""

import time

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from mien.statistics import metrics
from mien.statistics.intervals import metric_intervals, recall_intervals, wilson_interval
from tests.statistics.drawn import Classes, classifier, taken_for


def draw(num: int, seed: int) -> tuple[Classes, Classes]:
    generator = np.random.default_rng(seed)
    actual_N = generator.choice(4, num, p=[0.5, 0.25, 0.15, 0.1])
    return actual_N, taken_for(actual_N, classifier(4, 0.7, seed), generator)


@pytest.mark.parametrize("num", [1, 7, 50, 1774])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_as_scipy_and_statsmodels(num: int, level: float) -> None:
    for right in {0, 1, num // 3, num - 1, num}:
        wanted = binomtest(right, num).proportion_ci(confidence_level=level, method="wilson")
        found = wilson_interval(right, num, level=level)
        assert (found.value, found.low, found.high) == pytest.approx((right / num, wanted.low, wanted.high), abs=1e-12)
        assert (found.low, found.high) == pytest.approx(proportion_confint(right, num, alpha=1 - level, method="wilson"), abs=1e-12)


def test_recalls_are_those_of_the_metrics_and_a_class_without_images_has_none() -> None:
    confusion_KK = np.array([[8, 2, 0], [0, 0, 0], [0, 0, 5]])
    found = recall_intervals(confusion_KK)
    assert found[1] is None
    recalls = metrics.precision_recall_f1(confusion_KK).recall_K
    assert found[0] is not None and found[2] is not None
    assert [found[0].value, found[2].value] == [recalls[0], recalls[2]]
    assert found[2].high == 1.0 and found[2].low < 0.7


def test_values_are_those_of_the_metrics_within_their_intervals() -> None:
    actual_N, predicted_N = draw(400, 0)
    confusion_KK = metrics.confusion_matrix(actual_N, predicted_N, 4)
    found = metric_intervals(actual_N, predicted_N, 4, seed=0)
    assert list(found) == ["accuracy", "mean_accuracy", "macro_f1", "weighted_f1", "kappa"]
    assert found["macro_f1"].value == pytest.approx(metrics.macro_f1(confusion_KK), abs=1e-12)
    assert found["weighted_f1"].value == pytest.approx(metrics.weighted_f1(confusion_KK), abs=1e-12)
    for interval in found.values():
        assert interval.low < interval.value < interval.high


def test_top_2_has_the_interval_of_accuracy_where_they_are_the_same_and_changes_no_other_value() -> None:
    actual_N, predicted_N = draw(400, 0)
    without = metric_intervals(actual_N, predicted_N, 4, seed=0)
    found = metric_intervals(actual_N, predicted_N, 4, in_top2_N=actual_N == predicted_N, seed=0)
    assert found.pop("top2_accuracy") == found["accuracy"] and found == without
    in_top2_N = (actual_N == predicted_N) | (np.random.default_rng(1).random(400) < 0.5)
    found = metric_intervals(actual_N, predicted_N, 4, in_top2_N=in_top2_N, seed=0)
    top2 = found.pop("top2_accuracy")
    assert top2.value == pytest.approx(in_top2_N.mean(), abs=1e-12)
    parts = [in_top2_N[actual_N == number] for number in range(4)]
    sd = np.sqrt(sum(part.sum() * (1 - part.mean()) for part in parts)) / 400
    assert top2.high - top2.low == pytest.approx(2 * 1.96 * sd, rel=0.1)
    assert {name: interval.value for name, interval in found.items()} == {name: interval.value for name, interval in without.items()}


def test_copies_in_one_group_count_once() -> None:
    """Every image five times: drawn with its copies, the interval is that of the images; drawn alone, it is √5 too narrow."""
    actual_N, predicted_N = draw(300, 1)
    once = metric_intervals(actual_N, predicted_N, 4, seed=0)
    copied = np.repeat(actual_N, 5), np.repeat(predicted_N, 5)
    together = metric_intervals(*copied, 4, groups_N=np.repeat(np.arange(300), 5), seed=0)
    alone = metric_intervals(*copied, 4, seed=0)
    for name, wanted in once.items():
        width = wanted.high - wanted.low
        assert together[name].high - together[name].low == pytest.approx(width, rel=0.05)
        assert alone[name].high - alone[name].low == pytest.approx(width / np.sqrt(5), rel=0.1)


def test_groups_of_one_are_no_groups() -> None:
    columns = draw(200, 2)
    assert metric_intervals(*columns, 4, seed=5) == metric_intervals(*columns, 4, groups_N=np.arange(200)[::-1], seed=5)


def test_the_stratified_width_of_accuracy_is_that_of_its_formula() -> None:
    actual_N, predicted_N = draw(4000, 3)
    right_N = actual_N == predicted_N
    parts = [(own.sum(), own[right_N].sum()) for own in (actual_N == number for number in range(4))]
    variance = sum(right * (1 - right / num) for num, right in parts) / 4000**2
    found = metric_intervals(actual_N, predicted_N, 4, seed=0)["accuracy"]
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.03)


@pytest.mark.parametrize("num_groups", [None, 5000, 1000])
def test_ten_thousand_resamples_of_7178_images_take_under_two_seconds(num_groups: int | None) -> None:
    generator = np.random.default_rng(4)
    actual_N = generator.choice(7, 7178, p=np.array([958, 111, 1024, 1774, 1247, 831, 1233]) / 7178)
    predicted_N = taken_for(actual_N, classifier(7, 0.65, 4), generator)
    groups_N = None if num_groups is None else generator.integers(0, num_groups, 7178)
    in_top2_N = (actual_N == predicted_N) | (generator.random(7178) < 0.4)
    start = time.process_time()  # other work on the machine does not count
    metric_intervals(actual_N, predicted_N, 7, in_top2_N=in_top2_N, groups_N=groups_N, seed=0)
    assert time.process_time() - start < 2
