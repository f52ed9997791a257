"""Metrics over the classes that a set of images has, against slow definitions."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, recall_score

from mien.statistics.headline import MAIN
from mien.statistics.intervals import metric_intervals
from mien.statistics.present import drop_intervals, present_intervals, present_metrics

NUM_CLASSES, RESAMPLES = 4, 500
Drawn = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def drawn(seed: int, *, classes: tuple[int, ...], num: int = 200, skill: float = 0.6) -> Drawn:
    """Actual and predicted classes and groups of two images; any class may be predicted."""
    generator = np.random.default_rng(seed)
    actual = generator.choice(classes, size=num)
    predicted = np.where(generator.random(num) < skill, actual, generator.integers(NUM_CLASSES, size=num))
    return actual, predicted, np.arange(num) // 2


def found(one: Drawn, **options: int) -> dict[str, tuple[float, float, float]]:
    intervals = present_intervals(
        one[0], one[1], NUM_CLASSES, in_top2_N=one[0] == one[1], groups_N=one[2], **{"seed": 3, "num_resamples": RESAMPLES, **options}
    )
    return {name: (each.value, each.low, each.high) for name, each in intervals.items()}


def test_with_every_class_present_the_metrics_and_intervals_are_those_of_any_test() -> None:
    actual, predicted, groups = drawn(0, classes=(0, 1, 2, 3))
    usual = metric_intervals(
        actual, predicted, NUM_CLASSES, in_top2_N=actual == predicted, groups_N=groups, seed=3, num_resamples=RESAMPLES
    )
    assert found((actual, predicted, groups)) == {name: (each.value, each.low, each.high) for name, each in usual.items()}


@pytest.mark.parametrize("classes", [(0, 2), (1, 2, 3), (3,)])
def test_means_are_over_the_classes_present_and_predictions_of_absent_ones_are_errors(classes: tuple[int, ...]) -> None:
    actual, predicted, groups = drawn(1, classes=classes)
    assert set(predicted) - set(classes), "some predictions are of absent classes"
    values = {name: each[0] for name, each in found((actual, predicted, groups)).items()}
    assert values["macro_f1"] == pytest.approx(f1_score(actual, predicted, labels=classes, average="macro", zero_division=0), abs=1e-12)
    assert values["mean_accuracy"] == pytest.approx(recall_score(actual, predicted, labels=classes, average="macro"), abs=1e-12)
    assert values["weighted_f1"] == pytest.approx(f1_score(actual, predicted, labels=classes, average="weighted"), abs=1e-12)
    assert values["accuracy"] == pytest.approx(accuracy_score(actual, predicted), abs=1e-12)
    if len(classes) > 1:
        assert values["kappa"] == pytest.approx(cohen_kappa_score(actual, predicted), abs=1e-12)
    bare = present_metrics(actual, predicted, NUM_CLASSES)
    assert bare == {name: values[name] for name in bare} and set(bare) | {"top2_accuracy"} == set(values)


def test_which_absent_class_is_predicted_does_not_matter() -> None:
    actual, predicted, groups = drawn(2, classes=(0, 1))
    swapped = np.select([predicted == 2, predicted == 3], [3, 2], predicted)
    assert (swapped != predicted).any() and found((actual, predicted, groups)) == found((actual, swapped, groups))


def test_the_difference_is_other_minus_own_over_the_classes_of_the_other() -> None:
    own, other = drawn(3, classes=(0, 1, 2, 3), skill=0.9), drawn(4, classes=(0, 1, 2), skill=0.3)
    before, difference = drop_intervals(own, other, NUM_CLASSES, seed=3, num_resamples=RESAMPLES)
    counted = np.isin(own[0], (0, 1, 2))
    for name in MAIN:
        here = present_metrics(own[0][counted], own[1][counted], NUM_CLASSES)[name]
        there = present_metrics(other[0], other[1], NUM_CLASSES)[name]
        assert before[name] == pytest.approx(here, abs=1e-12)
        assert difference[name].value == pytest.approx(there - here, abs=1e-12)
        assert difference[name].low < difference[name].value < difference[name].high < 0, "a much worse model is seen to be worse"


def test_a_set_against_itself_has_no_difference_and_an_interval_around_it() -> None:
    own = drawn(5, classes=(0, 1, 2, 3))
    _, difference = drop_intervals(own, own, NUM_CLASSES, seed=3, num_resamples=RESAMPLES)
    for name in MAIN:
        assert difference[name].value == 0 and difference[name].low < 0 < difference[name].high


def test_the_interval_of_a_difference_is_as_wide_as_two_independent_samples_make_it() -> None:
    """Var(a − b) = Var(a) + Var(b): the width of two equal samples' difference is √2 that of one."""
    own, other = drawn(6, classes=(0, 1, 2, 3), num=600), drawn(7, classes=(0, 1, 2, 3), num=600)
    _, difference = drop_intervals(own, other, NUM_CLASSES, seed=3, num_resamples=4000)
    widths = [each[2] - each[1] for each in (found(one, num_resamples=4000)["accuracy"] for one in (own, other))]
    assert difference["accuracy"].high - difference["accuracy"].low == pytest.approx(np.hypot(*widths), rel=0.06)


def test_groups_are_drawn_together() -> None:
    """Ten copies of each image tell no more than one."""
    actual, predicted, _ = drawn(8, classes=(0, 1, 2), num=60)
    one = (actual, predicted, np.arange(60))
    copies = tuple(np.repeat(each, 10) for each in one)
    several = found((copies[0], copies[1], copies[2]))
    assert several["accuracy"] == pytest.approx(found(one)["accuracy"], abs=1e-12)
    alone = found((copies[0], copies[1], np.arange(600)))
    assert alone["accuracy"][2] - alone["accuracy"][1] < 0.5 * (several["accuracy"][2] - several["accuracy"][1])
