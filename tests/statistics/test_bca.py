"""BCa intervals against SciPy's, and the jackknife against leaving out one by one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mien.statistics.bca import _influence, _without_one, bca_intervals
from mien.statistics.metrics import Figures
from mien.statistics.resampling import Interval, kinds_of


def odds(counts_RP: Figures) -> dict[str, Figures]:
    """A figure with bias and skewness, of three places."""
    return {"odds": counts_RP[:, 0] / (counts_RP[:, 1] + counts_RP[:, 2] + 1)}


def assert_as_scipy(own: Interval, samples: tuple[Any, ...], statistic: Callable[..., Any], *, within: float) -> float:
    """Both ends lie within that share of the width of SciPy's BCa interval; returns that width."""
    rng = np.random.default_rng(1)
    wanted = stats.bootstrap(samples, statistic, method="BCa", n_resamples=20_000, batch=1000, rng=rng).confidence_interval
    width = float(wanted.high - wanted.low)
    assert own.low == pytest.approx(wanted.low, abs=within * width) and own.high == pytest.approx(wanted.high, abs=within * width)
    return width


def test_one_sample_as_scipy() -> None:
    places_N = np.random.default_rng(0).choice(3, 400, p=[0.8, 0.15, 0.05])
    own = bca_intervals(kinds_of(places_N[:, None], 3), odds, seed=0, num_resamples=20_000)["odds"]
    width = assert_as_scipy(own, (places_N,), lambda rows, axis: (rows == 0).sum(axis=axis) / ((rows != 0).sum(axis=axis) + 1), within=0.03)
    plain = stats.norm.interval(0.95, own.value, width / 3.92)
    assert own.high - plain[1] > 0.05 * width  # and it is not the symmetric one


def test_strata_as_scipy_with_several_samples() -> None:
    generator = np.random.default_rng(2)
    first, second = generator.random(150) < 0.93, generator.random(60) < 0.8
    places_N = np.concatenate([np.where(first, 0, 1), np.where(second, 2, 3)])
    own = bca_intervals(
        kinds_of(places_N[:, None], 4, strata_N=np.repeat([0, 1], [150, 60])),
        lambda counts_RP: {"ratio": counts_RP[:, 0] / 150 / (counts_RP[:, 2] / 60)},
        seed=0,
        num_resamples=20_000,
    )["ratio"]
    assert_as_scipy(own, (first, second), lambda one, two, axis: one.mean(axis=axis) / two.mean(axis=axis), within=0.04)


def test_the_jackknife_leaves_out_one_group_at_a_time() -> None:
    generator = np.random.default_rng(3)
    places_N, groups_N = generator.integers(0, 3, 90), np.repeat(np.arange(40), np.tile([1, 2, 3, 3], 10))
    kinds = kinds_of(places_N[:, None], 3, groups_N=groups_N)
    fast = sorted(np.repeat(odds(_without_one(kinds))["odds"], kinds.numbers_T))
    slow = []
    for group in range(40):
        left = np.bincount(places_N[groups_N != group], minlength=3) * 40 / 39
        slow.append(left[0] / (left[1] + left[2] + 1))
    np.testing.assert_allclose(fast, sorted(slow), rtol=1e-12)
    influence = _influence(kinds, odds(_without_one(kinds))["odds"])
    assert (kinds.numbers_T * influence).sum() == pytest.approx(0, abs=1e-9)


def test_few_groups_widen_by_student_and_by_their_number() -> None:
    """The mean of numbers: the interval is that of the t distribution, but for the skewness that is not there."""
    values_N = np.tile([-1, 0, 0, 1], 3) + 1
    own = bca_intervals(
        kinds_of(values_N[:, None], 3), lambda counts_RP: {"mean": counts_RP @ np.arange(3) / 12}, seed=0, num_resamples=50_000
    )
    low, high = stats.t.interval(0.95, 11, 1.0, stats.sem(values_N))
    assert own["mean"].low == pytest.approx(low, abs=0.09) and own["mean"].high == pytest.approx(high, abs=0.09)  # steps of 1 / 12


def test_what_cannot_vary_has_no_width_and_a_lone_group_no_say() -> None:
    right = kinds_of(np.zeros((30, 1)), 2)
    assert bca_intervals(right, lambda counts_RP: {"share": counts_RP[:, 0] / 30}, seed=0)["share"] == Interval(1.0, 1.0, 1.0)
    places_N = np.append(np.arange(40) % 2, 1)
    with_lone = kinds_of(places_N[:, None], 2, strata_N=np.append(np.zeros(40), 1))
    found = bca_intervals(with_lone, lambda counts_RP: {"share": counts_RP[:, 0] / 41}, seed=0)["share"]
    assert found.low < found.value < found.high


def test_higher_levels_hold_lower_ones() -> None:
    kinds = kinds_of(np.random.default_rng(4).choice(3, 100, p=[0.7, 0.2, 0.1])[:, None], 3)
    ends = [bca_intervals(kinds, odds, seed=0, level=level)["odds"] for level in (0.5, 0.8, 0.95, 0.99)]
    assert sorted(one.low for one in ends) == [one.low for one in reversed(ends)]
    assert sorted(one.high for one in ends) == [one.high for one in ends]
    assert not Interval(0.1, -0.1, 0.2).excludes_zero and Interval(0.1, 0.05, 0.2).excludes_zero
