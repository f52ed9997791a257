"""The paired bootstrap against drawing image by image, against scikit-learn, and against a difference that is known."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from statsmodels.stats.proportion import proportion_confint

from mien.statistics import metrics
from mien.statistics.overall_metrics import figures_of
from mien.statistics.paired import paired_differences
from mien.statistics.resampling import Interval

Classes = NDArray[np.int64]
SCORES = {
    "accuracy": accuracy_score,
    "mean_accuracy": balanced_accuracy_score,
    "macro_f1": lambda actual, taken: f1_score(actual, taken, labels=range(4), average="macro", zero_division=0),
}


def draw(num: int, seed: int, *, share: float = 0.6) -> tuple[Classes, Classes, Classes]:
    """Actual classes, unbalanced, and two sets of predictions that are related; K = 4."""
    generator = np.random.default_rng(seed)
    actual_N = generator.choice(4, num, p=[0.5, 0.3, 0.15, 0.05])
    first_N = np.where(generator.random(num) < share, actual_N, generator.integers(0, 4, num))
    second_N = np.where(generator.random(num) < 0.7, first_N, generator.integers(0, 4, num))
    return actual_N, first_N, second_N


def test_figures_of_many_are_those_of_each_and_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    pairs = [
        (generator.integers(0, 3 + number % 2, 30), generator.integers(0, 4, 30)) for number in range(50)
    ]  # classes are missing in half
    found = figures_of(np.stack([metrics.confusion_matrix(actual, taken, 4) for actual, taken in pairs]).astype(float))
    for name, score in SCORES.items():
        own = {"accuracy": metrics.accuracy, "mean_accuracy": metrics.mean_accuracy, "macro_f1": metrics.macro_f1}[name]
        for number, (actual, taken) in enumerate(pairs):
            assert found[name][number] == pytest.approx(own(metrics.confusion_matrix(actual, taken, 4)))
            if set(taken) <= set(actual):  # scikit-learn warns where a class is predicted and never actual
                assert found[name][number] == pytest.approx(score(actual, taken))


def slow_bootstrap(actual_N: Classes, first_N: Classes, second_N: Classes, groups_N: Classes, *, num_resamples: int) -> dict[str, Interval]:
    """Draws groups one by one and scores what was drawn; the scores are scikit-learn's, as the test above says."""
    generator = np.random.default_rng(1)
    members = [np.flatnonzero(groups_N == group) for group in np.unique(groups_N)]
    draws = [np.concatenate([members[group] for group in generator.integers(0, len(members), len(members))]) for _ in range(num_resamples)]
    first, second = (
        figures_of(np.stack([metrics.confusion_matrix(actual_N[rows], taken_N[rows], 4) for rows in draws]).astype(float))
        for taken_N in (first_N, second_N)
    )
    return {
        name: Interval(score(actual_N, first_N) - score(actual_N, second_N), *np.quantile(first[name] - second[name], [0.025, 0.975]))
        for name, score in SCORES.items()
    }


@pytest.mark.parametrize("num_groups", [300, 40])
@pytest.mark.filterwarnings("ignore:y_pred contains classes")
def test_the_interval_is_that_of_drawing_one_by_one(num_groups: int) -> None:
    actual_N, first_N, second_N = draw(300, 2)
    groups_N = np.arange(300) if num_groups == 300 else np.sort(np.random.default_rng(3).integers(0, num_groups, 300))
    fast = paired_differences(actual_N, first_N, second_N, 4, groups_N=groups_N, seed=0)
    slow = slow_bootstrap(actual_N, first_N, second_N, groups_N, num_resamples=500)
    for name in SCORES:
        width = slow[name].high - slow[name].low
        assert fast[name].value == pytest.approx(slow[name].value)
        assert fast[name].low == pytest.approx(slow[name].low, abs=0.12 * width)  # 500 resamples place a percentile to some 5 %
        assert fast[name].high == pytest.approx(slow[name].high, abs=0.12 * width)


def test_copies_in_one_group_count_once() -> None:
    """Every image five times: drawn with its copies, the interval is that of the images; drawn alone, it is √5 too narrow."""
    columns = draw(200, 4)
    once = paired_differences(*columns, 4, seed=0)["accuracy"]
    copied = [np.repeat(column, 5) for column in columns]
    together = paired_differences(*copied, 4, groups_N=np.repeat(np.arange(200), 5), seed=0)["accuracy"]
    alone = paired_differences(*copied, num_classes=4, seed=0)["accuracy"]
    assert together.high - together.low == pytest.approx(once.high - once.low, rel=0.05)
    assert alone.high - alone.low == pytest.approx((once.high - once.low) / np.sqrt(5), rel=0.1)


def test_groups_of_one_are_no_groups_and_names_do_not_matter() -> None:
    columns = draw(150, 5)
    assert paired_differences(*columns, 4, seed=7) == paired_differences(*columns, 4, groups_N=np.arange(150)[::-1], seed=7)
    named = np.array([f"group {number % 50}" for number in range(150)])
    assert paired_differences(*columns, 4, groups_N=named, seed=7) == paired_differences(*columns, 4, groups_N=np.arange(150) % 50, seed=7)


def test_swapping_the_sets_changes_the_sign_and_a_set_differs_from_itself_by_what_may_be_unseen() -> None:
    actual_N, first_N, second_N = draw(500, 6)
    there, back = paired_differences(actual_N, first_N, second_N, 4, seed=0), paired_differences(actual_N, second_N, first_N, 4, seed=0)
    for name in SCORES:
        assert there[name].value == pytest.approx(-back[name].value)
        assert there[name].low == pytest.approx(-back[name].high, abs=0.006)  # kinds are in another order, so other draws
        same = paired_differences(actual_N, first_N, first_N, 4, seed=0)[name]
        assert same.value == 0 and same.low == -same.high < 0
        assert name != "accuracy" or same.high == pytest.approx(proportion_confint(0, 500, method="beta")[1])
    assert not Interval(0, 0, 0).excludes_zero and Interval(0.1, 0.05, 0.2).excludes_zero and Interval(-0.1, -0.2, -0.05).excludes_zero


def test_of_several_trainings_the_metrics_are_means_on_every_draw() -> None:
    actual_N, first_N, second_N = draw(120, 8)
    rows_2N = np.stack([first_N, second_N])
    found = paired_differences(actual_N, rows_2N, first_N, 4, seed=0, num_resamples=4000)
    single = paired_differences(actual_N, second_N, first_N, 4, seed=0, num_resamples=4000)
    for name in SCORES:  # (first + second) / 2 − first is half of second − first, on every draw
        assert found[name].value == pytest.approx(single[name].value / 2)
        assert [found[name].low, found[name].high] == pytest.approx([single[name].low / 2, single[name].high / 2], abs=0.006)
    again = paired_differences(actual_N, first_N[None], second_N[None], 4, seed=0, num_resamples=100)
    assert again == paired_differences(actual_N, first_N, second_N, 4, seed=0, num_resamples=100)


def test_pairing_narrows_the_interval() -> None:
    """Two sets that are right on the same images differ less than their own uncertainty."""
    actual_N, first_N, _ = draw(400, 8)
    second_N = first_N.copy()
    second_N[:4] = (second_N[:4] + 1) % 4
    paired = paired_differences(actual_N, first_N, second_N, 4, seed=0)["accuracy"]
    share = (first_N == actual_N).mean()
    unpaired_width = 2 * 1.96 * np.sqrt(2 * share * (1 - share) / 400)
    assert paired.high - paired.low < 0.25 * unpaired_width


def test_intervals_of_95_percent_hold_a_known_difference_in_some_95_percent() -> None:
    """Accuracies 0.7 and 0.6 by construction; 300 test splits of 250 images."""
    generator = np.random.default_rng(9)
    held = marked = 0
    for _ in range(300):
        actual_N = generator.integers(0, 2, 250)
        first_N = np.where(generator.random(250) < 0.7, actual_N, 1 - actual_N)
        second_N = np.where(generator.random(250) < 0.6, actual_N, 1 - actual_N)
        found = paired_differences(actual_N, first_N, second_N, 2, seed=0, num_resamples=2000)["accuracy"]
        held += found.low <= 0.1 <= found.high
        marked += found.excludes_zero
    assert 0.91 <= held / 300 <= 0.985
    assert marked / 300 > 0.5
