"""Spread against scipy's entropy, agreement with the mirrored map against scipy's cosine."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cosine
from scipy.stats import entropy

from mien.explain.mirror import mirror_similarity
from mien.explain.spread import spread

MAPS = torch.rand(6, 3, 5, generator=torch.Generator().manual_seed(0)).square()


def test_spread_against_scipy() -> None:
    expected = [entropy(one.double().ravel().numpy()) / np.log(15) for one in MAPS]
    np.testing.assert_allclose(spread(MAPS), expected, rtol=1e-9)


def test_spread_is_zero_in_one_cell_one_when_even_and_between_elsewhere() -> None:
    lone = torch.zeros(1, 4, 4)
    lone[0, 2, 1] = 7.0
    assert spread(lone)[0] == 0 and spread(torch.full((1, 4, 4), 1e-30))[0] == pytest.approx(1.0, abs=1e-12)
    half = torch.zeros(1, 4, 4)
    half[0, :2] = 3.0
    assert spread(half)[0] == pytest.approx(np.log(8) / np.log(16), abs=1e-12)


def test_scale_and_order_of_cells_do_not_change_spread() -> None:
    np.testing.assert_allclose(spread(1e-12 * MAPS), spread(MAPS), rtol=1e-6)
    np.testing.assert_allclose(spread(MAPS.flip(1).transpose(1, 2)), spread(MAPS), rtol=1e-12)


def test_an_empty_map_and_a_grid_of_one_cell_have_no_spread() -> None:
    assert np.isnan(spread(torch.zeros(2, 3, 3))).all() and np.isnan(spread(torch.ones(2, 1, 1))).all()


def test_mirror_against_scipy() -> None:
    others = MAPS.roll(1, 0)
    expected = [1 - cosine(a.double().ravel().numpy(), b.double().numpy()[:, ::-1].ravel()) for a, b in zip(MAPS, others, strict=True)]
    np.testing.assert_allclose(mirror_similarity(MAPS, others), expected, rtol=1e-9)


def test_a_map_that_mirrors_with_the_picture_agrees_wholly_whatever_its_scale() -> None:
    for scale in (1.0, 1e-30, 1e30):
        np.testing.assert_allclose(mirror_similarity(MAPS, scale * MAPS.flip(-1)), 1.0, rtol=1e-9)
    assert (mirror_similarity(MAPS, MAPS.flip(-1)) <= 1).all()


def test_a_map_that_stays_where_it_was_does_not_agree() -> None:
    left = torch.zeros(1, 3, 4)
    left[0, :, 0] = 1.0
    assert mirror_similarity(left, left)[0] == 0 and mirror_similarity(left, left.flip(-1))[0] == 1


def test_agreement_is_mutual_and_unknown_for_empty_maps() -> None:
    others = MAPS.roll(1, 0)
    np.testing.assert_allclose(mirror_similarity(MAPS, others), mirror_similarity(others, MAPS), rtol=1e-12)
    assert (
        np.isnan(mirror_similarity(MAPS, torch.zeros_like(MAPS))).all() and np.isnan(mirror_similarity(torch.zeros_like(MAPS), MAPS)).all()
    )
    assert np.isnan(mirror_similarity(torch.ones(2, 1, 1), torch.ones(2, 1, 1))).all()
