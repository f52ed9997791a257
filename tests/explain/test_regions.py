"""Regions of a face: where landmarks are, whichever way the head is held; and how heat is shared out among them."""

import math

import numpy as np
import pytest
import torch

from mien.explain.regions import REGIONS, area_share, heat_share, region_heat, region_masks

SIDE_PX = 112
# The middle of aligned faces, as face recognition uses it (ArcFace, 112 px): eyes, nose, mouth corners.
TEMPLATE = np.array([[38.29, 51.70], [73.53, 51.50], [56.03, 71.74], [41.55, 92.37], [70.73, 92.20]])


def masks_of(points_52: np.ndarray, *, stored_px: float = SIDE_PX, side_px: int = SIDE_PX) -> dict[str, np.ndarray]:
    return {name: mask[0].numpy() for name, mask in region_masks(points_52.reshape(1, 10), stored_px, side_px).items()}


def at(mask: np.ndarray, point: np.ndarray) -> bool:
    return bool(mask[int(point[1]), int(point[0])])


def test_landmarks_lie_in_their_regions() -> None:
    masks = masks_of(TEMPLATE)
    left, right, nose, left_mouth, right_mouth = TEMPLATE
    assert all(at(masks["eyes"], eye) for eye in (left, right)) and all(at(masks["mouth"], corner) for corner in (left_mouth, right_mouth))
    assert at(masks["face"], nose) and not at(masks["eyes"], nose) and not at(masks["mouth"], nose)
    assert not at(masks["eyes"], (left + right) / 2), "the bridge of the nose is no eye"
    assert not masks["face"][:2, :2].any(), "corners are background"


def test_the_face_holds_eyes_and_mouth_which_do_not_meet() -> None:
    masks = masks_of(TEMPLATE)
    assert tuple(masks) == REGIONS
    assert not (masks["eyes"] & ~masks["face"]).any() and not (masks["mouth"] & ~masks["face"]).any()
    assert not (masks["eyes"] & masks["mouth"]).any()
    assert 0.05 < masks["eyes"].mean() < 0.2 and 0.03 < masks["mouth"].mean() < 0.15 and 0.5 < masks["face"].mean() < 0.95


def plain_ellipse(centre: np.ndarray, degrees: float, across: float, along: float, side_px: int) -> np.ndarray:
    """By turning each pixel's middle back about the centre, one by one; `degrees` clockwise from upright."""
    mask, angle = np.zeros((side_px, side_px), dtype=bool), math.radians(degrees)
    for row in range(side_px):
        for column in range(side_px):
            x, y = column + 0.5 - centre[0], row + 0.5 - centre[1]
            across_px, along_px = x * math.cos(angle) + y * math.sin(angle), -x * math.sin(angle) + y * math.cos(angle)
            mask[row, column] = (across_px / across) ** 2 + (along_px / along) ** 2 <= 1
    return mask


@pytest.mark.parametrize("degrees", [0.0, 30.0, -115.0])
def test_regions_are_the_documented_ellipses_of_a_tilted_head(degrees: float) -> None:
    d, angle = 20.0, math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    upright = np.array([[-d / 2, 0], [d / 2, 0], [0, 0.5 * d], [-0.4 * d, 1.1 * d], [0.4 * d, 1.1 * d]])
    centre = np.array([47.0, 42.0])
    masks = masks_of(upright @ turn.T + centre, stored_px=96, side_px=96)
    place = lambda x, y: turn @ np.array([x * d, y * d]) + centre  # noqa: E731
    eyes = [plain_ellipse(place(x, -0.1), degrees, 0.4 * d, 0.35 * d, 96) for x in (-0.5, 0.5)]
    mouth = plain_ellipse(place(0, 1.2), degrees, 0.7 * 0.8 * d, 0.4 * d, 96)
    face = plain_ellipse(place(0, 0.38), degrees, 1.1 * d, 1.48 * d, 96)
    for name, expected in (("eyes", eyes[0] | eyes[1]), ("mouth", mouth), ("face", face | eyes[0] | eyes[1] | mouth)):
        assert (masks[name] != expected).mean() < 2e-4, name  # pixels on the very edge may fall either way


def test_a_mirrored_face_has_mirrored_regions() -> None:
    mirrored = TEMPLATE[[1, 0, 2, 4, 3]] * np.array([-1, 1]) + np.array([SIDE_PX, 0])
    for name, mask in masks_of(mirrored).items():
        assert np.array_equal(mask, masks_of(TEMPLATE)[name][:, ::-1]), name


def test_a_larger_picture_has_the_same_regions_larger() -> None:
    for name, mask in masks_of(TEMPLATE, side_px=3 * SIDE_PX).items():
        small = masks_of(TEMPLATE)[name]
        assert np.array_equal(mask[1::3, 1::3], small), name  # the middle of each 3×3 is the small picture's middle


def test_stored_sides_may_differ_by_picture() -> None:
    both = region_masks(np.stack([TEMPLATE.ravel(), 2 * TEMPLATE.ravel()]), [SIDE_PX, 2 * SIDE_PX], SIDE_PX)
    assert all(torch.equal(mask[0], mask[1]) for mask in both.values())


def test_a_head_turned_aside_keeps_its_height() -> None:
    aside = TEMPLATE.copy()
    aside[:, 0] = 56 + 0.3 * (aside[:, 0] - 56)  # in profile eyes draw together
    front, side = (masks_of(points)["eyes"].any(axis=1).sum() for points in (TEMPLATE, aside))
    assert side == pytest.approx(front, abs=0.1 * front)


def test_regions_end_with_the_picture() -> None:
    masks = masks_of(TEMPLATE + np.array([60, 0]))
    assert masks["face"][:, -1].any() and not masks["face"][:, 0].any()
    outside = region_masks((TEMPLATE + np.array([500, 0])).reshape(1, 10), SIDE_PX, SIDE_PX)
    assert not any(mask.any() for mask in outside.values())
    assert np.isnan(area_share(outside["eyes"])).all() and np.isnan(heat_share(torch.ones(1, SIDE_PX, SIDE_PX), outside["eyes"])).all()


def test_without_landmarks_there_is_no_region() -> None:
    masks = region_masks(np.stack([TEMPLATE.ravel(), np.full(10, np.nan)]), SIDE_PX, SIDE_PX)
    assert all(mask[0].any() and not mask[1].any() for mask in masks.values())
    shares = heat_share(torch.ones(2, SIDE_PX, SIDE_PX), masks["eyes"])
    assert np.isfinite(shares[0]) and np.isnan(shares[1]) and np.isnan(area_share(masks["eyes"])[1])


def test_an_even_map_has_the_share_of_the_area_which_is_chance() -> None:
    mask = region_masks(TEMPLATE.reshape(1, 10), SIDE_PX, SIDE_PX)["eyes"]
    even = torch.full((1, SIDE_PX, SIDE_PX), 0.3)
    np.testing.assert_allclose(heat_share(even, mask), area_share(mask), rtol=1e-12)
    assert area_share(mask)[0] == pytest.approx(mask.float().mean().item())


def test_heat_is_shared_out() -> None:
    maps, mask = torch.zeros(3, 4, 4), torch.zeros(3, 4, 4, dtype=torch.bool)
    mask[:, :2] = True
    maps[0, 0, 0] = 5.0  # all inside
    maps[1, 1, 1], maps[1, 2, 2] = 1.0, 3.0  # a quarter; the last has no heat
    np.testing.assert_allclose(heat_share(maps, mask), [1.0, 0.25, np.nan])
    np.testing.assert_allclose(heat_share(1e-20 * maps, mask), [1.0, 0.25, np.nan])


def test_region_heat_is_share_of_the_map_brought_over_the_picture_in_chunks_or_not() -> None:
    generator = np.random.default_rng(0)
    landmarks = TEMPLATE.ravel() + generator.normal(0, 5, (150, 10))
    landmarks[3] = np.nan
    maps = torch.rand(150, 3, 3, generator=torch.Generator().manual_seed(0))
    whole = region_heat(maps, landmarks, side_px_stored=SIDE_PX, side_px=48)
    one = region_heat(maps[[100]], landmarks[[100]], side_px_stored=SIDE_PX, side_px=48)
    for name in REGIONS:
        heat, area = whole[name]
        assert heat.shape == area.shape == (150,) and np.isnan(heat[3]) and np.isnan(area[3]) and np.isfinite(np.delete(heat, 3)).all()
        assert heat[100] == one[name][0][0] and area[100] == one[name][1][0]
    assert np.isnan(region_heat(maps[:, :1, :1], landmarks, side_px_stored=SIDE_PX)["eyes"][0]).all(), "one cell tells no places apart"
