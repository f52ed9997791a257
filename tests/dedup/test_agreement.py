"""Agreement is blind to tone and to what lies at the border, and falls where a part of the middle differs."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from mien.config.sections.dedup import DedupParams
from mien.dedup.agreement import LOW, agreement, local_correlation
from tests.dedup.scenes import SIDE_PX, crop, scene

LEAST = DedupParams().min_agreement
NUM = 20
WHOLES = np.stack([crop(scene(seed)) for seed in range(NUM)]).astype(np.float32)
OTHERS = np.stack([crop(scene(seed)) for seed in range(500, 500 + NUM)]).astype(np.float32)
ALL = np.ones_like(WHOLES, np.bool_)


def agree(fixed: NDArray[np.float32], moved: NDArray[np.float32], covered: NDArray[np.bool_] = ALL) -> NDArray[np.float32]:
    return agreement(local_correlation(fixed, moved, covered), covered)


def replaced(rows: tuple[float, float], columns: tuple[float, float], by: NDArray[np.float32] = 255 - WHOLES) -> NDArray[np.float32]:
    """The pictures with the part from first to last, shares of the side, taken from others, as a rule the negatives."""
    part = (slice(None), *(slice(round(first * SIDE_PX), round(last * SIDE_PX)) for first, last in (rows, columns)))
    found = WHOLES.copy()
    found[part] = by[part]
    return found


def test_a_picture_agrees_with_itself() -> None:
    assert agree(WHOLES, WHOLES) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(("gain", "offset"), [(0.4, 0), (1, 90), (3, -200)])
def test_gain_and_offset_change_nothing(gain: float, offset: float) -> None:
    assert agree(WHOLES, gain * WHOLES + offset) == pytest.approx(1, abs=1e-3)
    assert agree(gain * WHOLES + offset, OTHERS) == pytest.approx(agree(WHOLES, OTHERS), abs=1e-3)


def test_which_picture_is_fixed_changes_nothing_nor_do_mirroring_and_company() -> None:
    both = agree(WHOLES, OTHERS)
    assert agree(OTHERS, WHOLES) == pytest.approx(both, abs=1e-5)
    assert agree(WHOLES[:, :, ::-1], OTHERS[:, :, ::-1]) == pytest.approx(both, abs=1e-4)
    assert agree(WHOLES[3:4], OTHERS[3:4], ALL[:1]) == pytest.approx(both[3:4], abs=1e-5)


def test_other_pictures_do_not_agree() -> None:
    assert (agree(WHOLES, OTHERS) < LEAST - 0.2).all()


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((0.3, 0.65), (0.25, 0.75)), ((0.4, 0.9), (0.3, 0.7)), ((0.55, 0.85), (0.2, 0.85)), ((0.3, 0.75), (0.5, 0.9))],
)
def test_a_fifth_of_the_middle_that_differs_parts_pictures(rows: tuple[float, float], columns: tuple[float, float]) -> None:
    assert (rows[1] - rows[0]) * (columns[1] - columns[0]) == pytest.approx(0.19, abs=0.02)
    for by in (255 - WHOLES, OTHERS, np.full_like(WHOLES, 20)):
        assert (agree(WHOLES, replaced(rows, columns, by)) < LEAST).all()


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ((0, 1 / 12), (0, 1)),
        ((11 / 12, 1), (0, 1)),
        ((0, 1), (0, 1 / 12)),
        ((0, 1), (11 / 12, 1)),
        ((0, 1 / 5), (0, 1)),
        ((24 / 48, 27 / 48), (24 / 48, 27 / 48)),
    ],
    ids=["top", "bottom", "left", "right", "caption", "spot"],
)
def test_a_border_strip_a_top_caption_or_a_spot_may_differ(rows: tuple[float, float], columns: tuple[float, float]) -> None:
    assert (agree(WHOLES, replaced(rows, columns)) > LEAST).all()


def test_local_correlation_is_that_of_the_window_by_an_independent_way() -> None:
    """One pair, pixel by pixel windows by SciPy: the weights of what lies outside the mask are 0, and the rest is scaled up."""
    generator = np.random.default_rng(1)
    covered = np.ones((SIDE_PX, SIDE_PX), np.bool_)
    covered[:6], covered[:, -4:] = False, False
    fixed, moved = WHOLES[0].astype(np.float64), WHOLES[0] + generator.normal(0, 20, (SIDE_PX, SIDE_PX))

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums, weights = (gaussian_filter(one * covered, SIDE_PX / 24, mode="constant") for one in (values, np.ones_like(values)))
        return np.asarray(sums / np.maximum(weights, 1e-3))

    left, right = ((one - one[covered].mean()) / one[covered].std() for one in (fixed, moved))
    covariance = mean(left * right) - mean(left) * mean(right)
    variances = [mean(one**2) - mean(one) ** 2 for one in (left, right)]
    expected = (covariance + 0.15) / (np.sqrt(variances[0] * variances[1]) + 0.15)
    (found,) = local_correlation(fixed[None].astype(np.float32), moved[None].astype(np.float32), covered[None])
    assert found[covered] == pytest.approx(expected[covered], abs=1e-3)


def test_agreement_is_the_low_quantile_of_one_of_two_parts() -> None:
    generator = np.random.default_rng(2)
    local = generator.uniform(-1, 1, (5, SIDE_PX, SIDE_PX)).astype(np.float32)
    covered = generator.random((5, SIDE_PX, SIDE_PX)) < 0.8
    parts = [(slice(6, 42), slice(4, 44)), (slice(12, 48), slice(4, 44))]
    expected = [
        max(np.quantile(one[part][seen[part]], LOW, method="lower") for part in parts) for one, seen in zip(local, covered, strict=True)
    ]
    assert agreement(local, covered) == pytest.approx(expected)


def test_too_little_in_common_is_no_agreement() -> None:
    covered = np.zeros_like(ALL)
    covered[:, :, : SIDE_PX // 2 - 4] = True  # 16 of the 40 columns of the middle
    assert (agree(WHOLES, WHOLES, covered) == -1).all()
    covered[:, :, : SIDE_PX // 2 + 4] = True
    assert agree(WHOLES, WHOLES, covered) == pytest.approx(1, abs=1e-4)
    assert agree(WHOLES[:0], WHOLES[:0], ALL[:0]).shape == (0,)
