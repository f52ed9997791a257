"""The accuracy–coverage curve and its area against slow transcriptions of their definitions."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.statistics.selective import area_under_risk, at_threshold, confidences, point_for, selective_curve, selective_table

Answers = list[tuple[float, bool]]
ANSWERS = st.lists(st.tuples(st.sampled_from([0.2, 0.35, 0.5, 0.5001, 0.8, 1.0]), st.booleans()), min_size=1, max_size=40)


def split(answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    return np.array([sure for sure, _ in answers]), np.array([right for _, right in answers])


@given(ANSWERS)
def test_each_point_is_what_its_threshold_gives(answers: Answers) -> None:
    sure_N, right_N = split(answers)
    points = selective_curve(sure_N, right_N)
    assert len(points) == len(set(sure_N)), "a point for each confidence"
    for point in points:
        kept = [right for sure, right in answers if sure >= point.threshold]
        assert point.coverage == pytest.approx(len(kept) / len(answers)) and point.accuracy == pytest.approx(sum(kept) / len(kept))
        assert at_threshold(sure_N, right_N, point.threshold) == pytest.approx((point.coverage, point.accuracy, len(kept)))
    assert [point.coverage for point in points] == sorted({point.coverage for point in points})
    assert points[-1].threshold == 0 and points[-1].coverage == 1, "the last point answers every image, also less certain ones than these"


def test_a_long_curve_is_thinned_evenly_and_keeps_its_end() -> None:
    draws = np.random.default_rng(0)
    sure_N = draws.random(5000)
    points = selective_curve(sure_N, draws.random(5000) < sure_N, num_points=100)
    assert len(points) == 100 and points[-1].coverage == 1
    assert np.diff([0, *(point.coverage for point in points)]) == pytest.approx(np.full(100, 0.01))


@given(ANSWERS, st.floats(0, 1))
def test_the_chosen_point_answers_most_of_those_that_are_right_often_enough(answers: Answers, wanted: float) -> None:
    points = selective_curve(*split(answers))
    chosen = point_for(points, wanted)
    enough = [point for point in points if point.accuracy >= wanted]
    assert (chosen is None) == (not enough)
    if chosen:
        assert chosen.coverage == max(point.coverage for point in enough)


def test_no_answer_reaches_an_impossible_threshold() -> None:
    assert at_threshold([0.2, 0.6], [True, False], 0.7) == (0.0, None, 0)


@given(st.lists(st.tuples(st.sampled_from([0.3, 0.5, 0.9]), st.booleans()), min_size=1, max_size=4))
def test_the_area_is_the_mean_error_over_coverages_and_over_the_orders_of_ties(answers: Answers) -> None:
    areas = []
    for order in itertools.permutations(answers):
        ranked = sorted(order, key=lambda answer: -answer[0])  # keeps the order of ties
        areas.append(np.mean([np.mean([not right for _, right in ranked[:number]]) for number in range(1, len(ranked) + 1)]))
    assert area_under_risk(*split(answers)) == pytest.approx(float(np.mean(areas)))


def test_a_perfect_order_has_a_smaller_area_than_the_opposite() -> None:
    right_N = np.arange(100) < 70
    assert area_under_risk(-np.arange(100) / 100, right_N) < 0.3 < area_under_risk(np.arange(100) / 100, right_N)


def test_confidence_is_the_largest_probability() -> None:
    sure_N, right_N = confidences(np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]]), [0, 0])
    assert sure_N.tolist() == [0.7, 0.4] and right_N.tolist() == [True, False]
    assert selective_table({"test": (sure_N, right_N)}).to_dict("list") == {
        "split": ["test", "test"], "coverage": [0.5, 1.0], "accuracy": [1.0, 0.5], "threshold": [0.7, 0.0], "num_images": [1, 2],
    }  # fmt: skip
