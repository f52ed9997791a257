"""Claims over images: means, intervals and tests against scipy and statsmodels, and groups that count once."""

import json

import numpy as np
import pytest
from scipy.stats import bootstrap, mannwhitneyu
from statsmodels.stats.multitest import multipletests

from mien.explain.claims import measure
from mien.statistics.means import MIN_GROUPS, difference_interval, mean_interval

KEYS = ["name", "title", "chance", "num", "mean", "low", "high", "num_correct", "mean_correct", "num_wrong", "mean_wrong",
        "difference", "difference_low", "difference_high", "p", "p_holm"]  # fmt: skip
GENERATOR = np.random.default_rng(5)
RIGHT = GENERATOR.random(90) < 0.6
VALUES = np.where(RIGHT, GENERATOR.beta(4, 3, 90), GENERATOR.beta(3, 4, 90))


def claim(values: np.ndarray, right: np.ndarray, **options: object) -> dict[str, float]:
    (row,) = measure({"heat_eyes": values}, right, seed=1, **options)  # type: ignore[arg-type]
    return row


def test_keys_are_those_of_the_report_and_all_can_be_written() -> None:
    rows = measure({"heat_face": VALUES, "spread": 1 - VALUES, "own": VALUES**2}, RIGHT, chances={"heat_face": VALUES / 2}, seed=1)
    assert [list(row) for row in rows] == [KEYS] * 3 and json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert [row["name"] for row in rows] == ["heat_face", "spread", "own"] and rows[2]["title"] == "own"
    assert rows[0]["chance"] == pytest.approx((VALUES / 2).mean()) and rows[1]["chance"] is None


def test_means_and_p_against_numpy_and_scipy() -> None:
    row = claim(VALUES, RIGHT)
    assert (row["num"], row["num_correct"], row["num_wrong"]) == (90, RIGHT.sum(), (~RIGHT).sum())
    assert row["mean"] == pytest.approx(VALUES.mean()) and row["mean_wrong"] == pytest.approx(VALUES[~RIGHT].mean())
    assert row["difference"] == pytest.approx(VALUES[RIGHT].mean() - VALUES[~RIGHT].mean())
    assert row["p"] == row["p_holm"] == pytest.approx(mannwhitneyu(VALUES[RIGHT], VALUES[~RIGHT]).pvalue)


def test_intervals_are_close_to_scipys() -> None:
    """Ours are stretched to Student's t, a few percent at these numbers; resampling adds its noise."""
    whole = bootstrap((VALUES,), np.mean, n_resamples=10_000, rng=np.random.default_rng(0)).confidence_interval
    apart = bootstrap((VALUES[RIGHT], VALUES[~RIGHT]), lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis), n_resamples=10_000,
                      rng=np.random.default_rng(0)).confidence_interval  # fmt: skip
    row = claim(VALUES, RIGHT)
    for ours, theirs in (((row["low"], row["high"]), whole), ((row["difference_low"], row["difference_high"]), apart)):
        assert np.subtract(*ours) == pytest.approx(np.subtract(*theirs), rel=0.06)
        np.testing.assert_allclose(ours, theirs, atol=0.06 * (theirs.high - theirs.low))


def test_holm_over_the_claims_against_statsmodels() -> None:
    values = {str(number): VALUES * number + GENERATOR.normal(0, 0.3, 90) for number in range(4)}
    rows = measure({**values, "unknown": np.full(90, np.nan)}, RIGHT, seed=1)
    expected = multipletests([row["p"] for row in rows[:4]], method="holm")[1]
    np.testing.assert_allclose([row["p_holm"] for row in rows[:4]], expected, rtol=1e-9)
    assert rows[4]["p_holm"] is None


def test_images_without_a_value_are_left_out_of_this_claim_alone() -> None:
    holes = VALUES.copy()
    holes[::7] = np.nan
    first, second = measure({"a": holes, "b": VALUES}, RIGHT, chances={"a": np.arange(90.0)}, groups_N=np.arange(90) // 2, seed=1)
    known = np.isfinite(holes)
    assert first["num"] == known.sum() and first["mean"] == pytest.approx(holes[known].mean()) and second["num"] == 90
    assert first["chance"] == pytest.approx(np.arange(90.0)[known].mean())
    kept = measure({"a": holes[known]}, RIGHT[known], groups_N=(np.arange(90) // 2)[known], seed=1)[0]
    assert {key: value for key, value in first.items() if key not in ("chance", "p_holm")} == {
        key: value for key, value in kept.items() if key not in ("chance", "p_holm")
    }


def test_turning_right_into_wrong_turns_the_difference_round() -> None:
    row, turned = claim(VALUES, RIGHT), claim(VALUES, ~RIGHT)
    assert turned["difference"] == pytest.approx(-row["difference"]) and turned["p"] == pytest.approx(row["p"])
    np.testing.assert_allclose(
        [turned["difference_low"], turned["difference_high"]], [-row["difference_high"], -row["difference_low"]], atol=0.01
    )


def test_too_few_on_one_side_leave_the_difference_open_but_not_the_mean() -> None:
    right = np.arange(90) >= MIN_GROUPS - 1
    row = claim(VALUES, right)
    assert row["p"] is row["p_holm"] is row["difference"] is row["difference_low"] is row["difference_high"] is None
    assert (
        row["num_wrong"] == MIN_GROUPS - 1
        and row["mean_wrong"] == pytest.approx(VALUES[~right].mean())
        and row["low"] < row["mean"] < row["high"]
    )
    assert claim(VALUES, np.arange(90) >= MIN_GROUPS)["p"] is not None
    assert claim(VALUES, np.arange(90) >= MIN_GROUPS, groups_N=np.minimum(np.arange(90), MIN_GROUPS - 2))["p"] is None, "groups count"


def test_all_right_and_nothing_known() -> None:
    row = claim(VALUES, np.ones(90, dtype=bool))
    assert row["mean_wrong"] is None and row["num_wrong"] == 0 and row["mean"] is not None
    row = claim(np.full(90, np.nan), RIGHT)
    assert row["num"] == 0 and all(row[key] is None for key in KEYS if key not in ("name", "title") and not key.startswith("num"))


def test_values_all_alike_differ_in_nothing() -> None:
    row = claim(np.full(90, 0.25), RIGHT)
    assert (row["p"], row["difference"], row["low"], row["high"]) == (1.0, 0.0, 0.25, 0.25)


def test_every_image_twice_in_one_group_says_no_more_than_once() -> None:
    """And without the groups it would: the interval shrinks by √2."""
    twice, right, groups = np.repeat(VALUES, 2), np.repeat(RIGHT, 2), np.repeat(np.arange(90), 2)
    once, grouped, blind = claim(VALUES, RIGHT), claim(twice, right, groups_N=groups), claim(twice, right)
    same = ("mean", "low", "high", "difference", "difference_low", "difference_high", "p")
    assert [grouped[key] for key in same] == pytest.approx([once[key] for key in same])
    assert blind["high"] - blind["low"] < 0.8 * (once["high"] - once["low"]) and blind["p"] < once["p"]


def test_a_group_with_right_and_wrong_images_counts_on_both_sides() -> None:
    groups = np.arange(90) // 3
    row = claim(VALUES, RIGHT, groups_N=groups)
    means = [[VALUES[(groups == g) & side].mean() for g in range(30) if ((groups == g) & side).any()] for side in (RIGHT, ~RIGHT)]
    assert row["p"] == pytest.approx(mannwhitneyu(*means).pvalue)
    assert row["difference"] == pytest.approx(VALUES[RIGHT].mean() - VALUES[~RIGHT].mean()), "images count, not groups"


def test_same_input_and_seed_same_answer() -> None:
    assert claim(VALUES, RIGHT) == claim(VALUES, RIGHT)
    assert claim(VALUES, RIGHT)["low"] != measure({"heat_eyes": VALUES}, RIGHT, seed=2)[0]["low"]


@pytest.mark.slow
def test_intervals_cover_the_truth() -> None:
    """1,000 sets of 60 images, in groups of one to three that are alike; mean 0.4, and 0.1 between the sides."""
    held = np.zeros(2)
    for run in range(1000):
        generator = np.random.default_rng(run)
        groups = np.sort(generator.integers(0, 40, 60))
        first = np.arange(60) < 30
        level = generator.beta(2, 3, 40)[groups]
        values = 0.7 * level + 0.3 * generator.beta(2, 3, 60) + 0.1 * first
        whole = mean_interval(values, groups_N=groups, seed=run, num_resamples=1000)
        apart = difference_interval(values, first, groups_N=groups, seed=run, num_resamples=1000)
        held += [whole.low <= 0.45 <= whole.high, apart.low <= 0.1 <= apart.high]
    assert (held / 1000 >= 0.93).all() and (held / 1000 <= 0.97).all(), held
