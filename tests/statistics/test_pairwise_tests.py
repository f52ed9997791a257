"""McNemar, its form for groups, and Holm against slow transcriptions; the table of all pairs; how often nothing is called something."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from mien.statistics import metrics
from mien.statistics.paired import paired_differences
from mien.statistics.pairwise_tests import COLUMNS, compare_pairs, holm, mcnemar_p
from tests.statistics.drawn import Classes, classifier, taken_for

Flags = np.ndarray


def models(num: int, seed: int) -> tuple[Classes, dict[str, Classes]]:
    """Actual classes, and a good, an equally good and a poor model."""
    generator = np.random.default_rng(seed)
    actual_N = generator.integers(0, 4, num)
    good, poor = classifier(4, 0.8, 0), classifier(4, 0.6, 0)
    return actual_N, {name: taken_for(actual_N, chances, generator) for name, chances in {"a": good, "b": good, "c": poor}.items()}


def flags(seed: int, num: int, first: float, second: float) -> tuple[Flags, Flags]:
    generator = np.random.default_rng(seed)
    return generator.random(num) < first, generator.random(num) < second


@pytest.mark.parametrize(("first", "second"), [(0.7, 0.7), (0.7, 0.5), (0.1, 0.95)])
def test_mcnemar_is_the_binomial_test_of_discordant_images(first: float, second: float) -> None:
    for seed in range(20):
        one, two = flags(seed, 60, first, second)
        only_one, only_two = int((one & ~two).sum()), int((two & ~one).sum())
        wanted = binomtest(only_one, only_one + only_two).pvalue
        assert mcnemar_p(one, two) == pytest.approx(wanted, rel=1e-12)
        table = [[int((one & two).sum()), only_one], [only_two, int((~one & ~two).sum())]]
        assert mcnemar_p(one, two) == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-12)
        assert mcnemar_p(two, one) == mcnemar_p(one, two)
        assert mcnemar_p(one, two, groups_N=np.arange(60)) == pytest.approx(wanted, rel=1e-9)
    assert mcnemar_p(one, one) == mcnemar_p(one, one, groups_N=np.arange(60)) == 1.0


def test_in_groups_p_is_the_share_of_all_swaps() -> None:
    for seed in range(20):
        one, two = flags(seed, 40, 0.8, 0.5)
        groups_N = np.random.default_rng(seed).integers(0, 9, 40)
        sums = [int(one[groups_N == group].sum()) - int(two[groups_N == group].sum()) for group in range(9)]
        swapped = [abs(sum(sign * value for sign, value in zip(signs, sums, strict=True))) for signs in product([1, -1], repeat=9)]
        wanted = np.mean([value >= abs(sum(sums)) for value in swapped])
        assert mcnemar_p(one, two, groups_N=groups_N) == pytest.approx(wanted, rel=1e-9)


def test_copies_are_no_evidence_in_groups() -> None:
    one, two = flags(0, 100, 0.8, 0.65)
    copied = np.repeat(one, 6), np.repeat(two, 6)
    assert mcnemar_p(*copied, groups_N=np.repeat(np.arange(100), 6)) == pytest.approx(mcnemar_p(one, two), rel=1e-9)
    assert mcnemar_p(*copied) < mcnemar_p(one, two) / 100


def test_holm_rejects_what_its_steps_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gc.collect", lambda: 0)  # multipletests collects garbage, 0.1 s a time
    generator = np.random.default_rng(0)
    for _ in range(200):
        p_values = list(np.round(generator.random(8) ** 3, 2))  # with ties
        adjusted = holm(p_values)
        assert adjusted == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)
        for alpha in (0.01, 0.05, 0.2, 0.6):
            rejected = set()
            for step, index in enumerate(sorted(range(8), key=lambda number: p_values[number])):
                if p_values[index] > alpha / (8 - step):
                    break
                rejected.add(index)
            assert {index for index in range(8) if adjusted[index] <= alpha} >= rejected
            assert all(adjusted[index] <= alpha + 1e-12 for index in rejected)
            assert all(index in rejected or adjusted[index] > alpha - 1e-12 for index in range(8))
    assert holm([0.03]) == [0.03] and holm([]) == [] and holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_the_table_holds_every_pair_once_with_figures_that_agree() -> None:
    actual_N, predictions = models(600, 1)
    groups_N = np.arange(600) // 2
    table = compare_pairs(actual_N, predictions, 4, groups_N=groups_N, seed=0, num_resamples=2000)
    assert tuple(table.columns) == COLUMNS
    assert list(zip(table["first"], table["second"], strict=True)) == [("a", "b"), ("a", "c"), ("b", "c")]
    for row in table.itertuples():
        first, second = (metrics.confusion_matrix(actual_N, predictions[name], 4) for name in (row.first, row.second))
        assert row.accuracy_difference == pytest.approx(metrics.accuracy(first) - metrics.accuracy(second))
        assert row.macro_f1_difference == pytest.approx(metrics.macro_f1(first) - metrics.macro_f1(second))
        assert row.only_first_right - row.only_second_right == pytest.approx(600 * row.accuracy_difference)
        wanted = paired_differences(
            actual_N, predictions[row.first], predictions[row.second], 4, groups_N=groups_N, seed=0, num_resamples=2000
        )["macro_f1"]
        assert (row.macro_f1_low, row.macro_f1_high) == (wanted.low, wanted.high)
    for name in ("accuracy_p", "macro_f1_p"):
        assert list(table[f"{name}_holm"]) == holm(list(table[name]))
    real = table["macro_f1_p_holm"] <= 0.05
    assert list(real) == [False, True, True]


def test_one_model_has_no_pairs() -> None:
    table = compare_pairs([0, 1], {"a": [0, 1]}, 2, seed=0)
    assert table.empty and tuple(table.columns) == COLUMNS


def test_the_progress_bar_is_named_and_optional(capsys: pytest.CaptureFixture[str]) -> None:
    actual_N = np.arange(30) % 3
    predictions = {"a": actual_N, "b": (actual_N + 1) % 3}
    quiet = compare_pairs(actual_N, predictions, 3, seed=0, num_resamples=100)
    assert not capsys.readouterr().err
    assert compare_pairs(actual_N, predictions, 3, seed=0, num_resamples=100, progress="pairs").equals(quiet)
    assert "pairs" in capsys.readouterr().err


def test_the_bootstrap_p_says_what_the_interval_says() -> None:
    for seed in range(12):
        actual_N, predictions = models(250, seed)
        for row in compare_pairs(actual_N, predictions, 4, seed=seed, num_resamples=999).itertuples():
            excludes = row.macro_f1_low > 0 or row.macro_f1_high < 0
            assert excludes == (row.macro_f1_p <= 0.05) or 0.045 < row.macro_f1_p < 0.055
            assert 2 / 1000 <= row.macro_f1_p <= 1


@pytest.mark.slow
@pytest.mark.parametrize("recall", [0.65, 0.92])
def test_equal_models_are_told_apart_in_one_of_twenty_sets_at_most(recall: float) -> None:
    """Two models of the same chances on 1,000 test splits of 7 × 50 images: both tests err in 5 % or less, give or take."""
    generator, chances = np.random.default_rng(6), classifier(7, recall, 1)
    actual_N = np.repeat(np.arange(7), 50)
    errors = np.zeros(2)
    for seed in range(1000):
        first_N = taken_for(actual_N, chances, generator)
        second_N = np.where(generator.random(350) < 0.5, first_N, taken_for(actual_N, chances, generator))
        row = compare_pairs(actual_N, {"a": first_N, "b": second_N}, 7, seed=seed, num_resamples=1000).iloc[0]
        errors += [row["accuracy_p"] <= 0.05, row["macro_f1_p"] <= 0.05]
    print(recall, errors / 1000)
    assert (errors / 1000 <= 0.07).all() and errors[1] / 1000 >= 0.03
