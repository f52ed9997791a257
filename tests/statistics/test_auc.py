import numpy as np
import pytest
from scipy.stats import brunnermunzel, mannwhitneyu
from sklearn.metrics import roc_auc_score

from mien.statistics.auc import auc


def drawn(seed: int, *, shift: float = 0.5, num: int = 60, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inside = rng.random(num) < 0.4
    values = rng.normal(size=num) + shift * inside
    return (np.round(values) if ties else values), inside


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn_and_scipy(seed: int, ties: bool) -> None:
    values, inside = drawn(seed, ties=ties)
    result = auc(values, inside)
    assert result.value == pytest.approx(roc_auc_score(inside, values), abs=1e-12)
    assert result.value == pytest.approx(mannwhitneyu(values[inside], values[~inside]).statistic / (inside.sum() * (~inside).sum()))
    assert result.p == pytest.approx(brunnermunzel(values[inside], values[~inside]).pvalue, abs=1e-9)
    assert result.low < result.value < result.high


def test_copies_add_nothing() -> None:
    values, inside = drawn(1)
    units = np.arange(len(values))
    once, thrice = auc(values, inside, units_N=units), auc(np.tile(values, 3), np.tile(inside, 3), units_N=np.tile(units, 3))
    assert (thrice.value, thrice.low, thrice.high, thrice.p) == pytest.approx((once.value, once.low, once.high, once.p), abs=1e-9)
    assert auc(np.tile(values, 3), np.tile(inside, 3)).high < once.high, "as if they were images of their own"


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Two normals one standard deviation apart: P(X > Y) = Φ(1/√2); persons with two images each."""
    rng, truth, held = np.random.default_rng(0), 0.7602499389, 0
    for _ in range(400):
        person = rng.normal(size=60)
        inside = np.tile(np.arange(60) < 25, 2)
        values = (np.sqrt(0.7) * np.tile(person, 2) + np.sqrt(0.3) * rng.normal(size=120)) + inside
        result = auc(values, inside, units_N=np.tile(np.arange(60), 2))
        held += result.low <= truth <= result.high
    assert 0.92 <= held / 400 <= 0.98


def test_groups_that_do_not_overlap() -> None:
    inside = np.arange(20) < 8
    result = auc(-np.arange(20), inside)
    assert result.value == 1 and 0.5 < result.low < 1 == result.high and result.p < 1e-3
    mirrored = auc(np.arange(20), inside)
    assert mirrored.value == 0 and (mirrored.low, mirrored.high) == pytest.approx((1 - result.high, 1 - result.low))


def test_units_whose_images_cancel_say_nothing() -> None:
    """Each unit has one image on either side, both of one value: the difference is 0 in every unit, and no interval may exclude that."""
    values, inside = np.tile(np.arange(12.0), 2), np.arange(24) < 12
    result = auc(values, inside, units_N=np.tile(np.arange(12), 2))
    assert result.value == 0.5 and result.low < 0.5 < result.high and result.p == pytest.approx(1)
    assert (result.low, result.high) == pytest.approx((auc(values, inside).low, auc(values, inside).high)), "as if they were no pairs"


def test_equal_values_say_nothing() -> None:
    result = auc(np.ones(20), np.arange(20) < 8)
    assert (result.value, result.low, result.high, result.p) == (0.5, 0, 1, 1)
