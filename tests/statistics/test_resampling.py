"""Drawing kinds of groups against drawing group by group; strata keep their number of groups."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.statistics.metrics import Figures
from mien.statistics.resampling import _unique_rows, kinds_of, observe, resample

Numbers = NDArray[np.int64]


def shares(counts_RP: Figures) -> dict[str, Figures]:
    return {str(place): counts_RP[:, place] for place in range(counts_RP.shape[1])}


def drawn(seed: int = 0, num: int = 240) -> tuple[Numbers, Numbers, Numbers]:
    """Places (0 to 4), strata (0 to 2) and groups; most groups hold one stratum, every fifth image is of any group."""
    generator = np.random.default_rng(seed)
    groups_N = generator.integers(0, 60, num)
    mixing = np.arange(num) % 5 == 0
    strata_N = np.where(mixing, generator.integers(0, 3, num), groups_N % 3)
    return generator.integers(0, 5, num), strata_N, groups_N


def test_observed_counts_are_those_of_the_images() -> None:
    places_N, strata_N, groups_N = drawn()
    kinds = kinds_of(places_N[:, None], 5, groups_N=groups_N, strata_N=strata_N)
    np.testing.assert_array_equal(kinds.totals_P, np.bincount(places_N, minlength=5))
    assert observe(kinds, shares) == {str(place): (places_N == place).sum() for place in range(5)}
    assert kinds.numbers_T.sum() == len(np.unique(groups_N))


def test_spread_and_centre_are_those_of_drawing_group_by_group() -> None:
    places_N, strata_N, groups_N = drawn()
    members = {group: np.flatnonzero(groups_N == group) for group in np.unique(groups_N)}
    stratum_of = {group: strata_N[rows[0]] if len(set(strata_N[rows])) == 1 else 99 for group, rows in members.items()}
    assert set(stratum_of.values()) == {0, 1, 2, 99}
    generator = np.random.default_rng(1)
    slow = []
    for _ in range(4000):
        rows = []
        for stratum in (0, 1, 2, 99):
            own = [group for group, its in stratum_of.items() if its == stratum]
            rows += [members[own[number]] for number in generator.integers(0, len(own), len(own))]
        slow.append(np.bincount(places_N[np.concatenate(rows)], minlength=5))
    fast = resample(kinds_of(places_N[:, None], 5, groups_N=groups_N, strata_N=strata_N), shares, seed=0, num_resamples=4000)
    for place in range(5):
        wanted = np.array(slow)[:, place]
        assert fast[str(place)].mean() == pytest.approx(wanted.mean(), abs=0.12 * wanted.std())
        assert fast[str(place)].std() == pytest.approx(wanted.std(), rel=0.06)


def test_a_stratum_keeps_its_number_of_images() -> None:
    places_N = np.repeat([0, 1, 2], [50, 30, 20])
    fixed = resample(kinds_of(places_N[:, None], 3, strata_N=places_N), shares, seed=0, num_resamples=200)
    assert all((fixed[str(place)] == num).all() for place, num in enumerate([50, 30, 20]))
    free = resample(kinds_of(places_N[:, None], 3), shares, seed=0, num_resamples=200)
    assert free["0"].std() > 3 and (free["0"] + free["1"] + free["2"] == 100).all()


def test_order_of_rows_and_names_of_groups_do_not_matter_and_seeds_do() -> None:
    places_N, strata_N, groups_N = drawn()
    options = {"num_resamples": 1500}
    first = resample(kinds_of(places_N[:, None], 5, groups_N=groups_N, strata_N=strata_N), shares, seed=3, **options)
    order = np.random.default_rng(2).permutation(len(places_N))
    names = np.array([f"person {100 - group}" for group in groups_N])
    again = resample(kinds_of(places_N[order, None], 5, groups_N=names[order], strata_N=strata_N[order]), shares, seed=3, **options)
    other = resample(kinds_of(places_N[:, None], 5, groups_N=groups_N, strata_N=strata_N), shares, seed=4, **options)
    assert len(first["0"]) == 1500
    np.testing.assert_array_equal(first["0"], again["0"])
    assert (first["0"] != other["0"]).any()


@pytest.mark.parametrize("largest", [1, 255, 256, 70_000, 2**40])
def test_kinds_are_the_unique_rows_of_numpy(largest: int) -> None:
    generator = np.random.default_rng(largest)
    choices = np.concatenate([[0, 0, 1, largest], generator.integers(0, largest + 1, 3)])
    for num_columns in (1, 2, 5):
        rows = generator.choice(choices, (400, num_columns))
        rows[-1] = largest  # also where no other row has it
        for found, expected in zip(_unique_rows(rows), np.unique(rows, axis=0, return_counts=True), strict=True):
            assert found.dtype == expected.dtype and np.array_equal(found, expected)
