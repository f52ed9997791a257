"""Registration finds the affine map between two pictures of one scene, and `moved` applies it as an independent resampling does."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from mien.dedup.registering import moved, registered, shift_and_zoom
from mien.dedup.texture import texture
from tests.dedup.scenes import SIDE_PX, crop, scene

MIDDLE = (SIDE_PX - 1) / 2
CORNERS_23 = np.array([[-MIDDLE, -MIDDLE, MIDDLE, MIDDLE], [-MIDDLE, MIDDLE, -MIDDLE, MIDDLE]])
NUM = 12


def random_maps(seed: int, *, num: int = NUM, most_px: float = 2) -> NDArray[np.float32]:
    """Affine maps that move no corner by more than three times `most_px` along either axis."""
    generator = np.random.default_rng(seed)
    maps_P23 = generator.uniform(-1, 1, (num, 2, 3)) * (most_px / MIDDLE, most_px / MIDDLE, most_px) + np.eye(2, 3)
    return maps_P23.astype(np.float32)


def identities(num: int = NUM) -> NDArray[np.float32]:
    return np.tile(np.eye(2, 3, dtype=np.float32), (num, 1, 1))


def taken(whole: NDArray[np.float32], map_23: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a picture shows whose pixel u lies at matrix · u + shift from the middle of the scene, by splines."""
    u_2SS = np.mgrid[:SIDE_PX, :SIDE_PX] - MIDDLE
    v_2SS = np.einsum("ab,bij->aij", map_23[:, :2], u_2SS) + map_23[:, 2, None, None] + (len(whole) - 1) / 2
    found: NDArray[np.float32] = map_coordinates(whole, v_2SS, order=3)
    return found


def corner_error_px(one_P23: NDArray[np.float32], other_P23: NDArray[np.float32]) -> float:
    """The largest distance between where two maps put a corner."""
    difference_P23 = (one_P23 - other_P23).astype(np.float64)
    return float(np.linalg.norm(difference_P23[:, :, :2] @ CORNERS_23 + difference_P23[:, :, 2:], axis=1).max())


@pytest.mark.parametrize("seed", range(3))
def test_a_known_affine_map_is_recovered_to_a_tenth_of_a_pixel(seed: int) -> None:
    """From the identity, in the two runs that a pair gets, at the corners, where an affine map errs most."""
    wholes = texture(np.stack([scene(100 * seed + one) for one in range(NUM)]).astype(np.float32))
    true_P23 = random_maps(seed)
    moving_PSS = np.stack([taken(whole, one) for whole, one in zip(wholes, identities(), strict=True)])
    fixed_PSS = np.stack([taken(whole, one) for whole, one in zip(wholes, true_P23, strict=True)])
    found_P23 = identities()
    for _ in range(2):
        found_P23 = registered(fixed_PSS, moving_PSS, found_P23)
    assert corner_error_px(identities(), true_P23) > 4
    assert corner_error_px(found_P23, true_P23) < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_the_map_between_crops_in_other_tones_is_recovered_to_half_a_pixel(seed: int) -> None:
    """As pairs are: the texture of each is taken from what it shows, which changes it at the border."""
    wholes, true_P23 = [scene(100 * seed + one).astype(np.float32) for one in range(NUM)], random_maps(seed)
    moving_PSS = texture(np.stack([taken(whole, one) for whole, one in zip(wholes, identities(), strict=True)]))
    fixed_PSS = texture(np.stack([0.6 * taken(whole, one) + 50 for whole, one in zip(wholes, true_P23, strict=True)]))
    found_P23 = identities()
    for _ in range(2):
        found_P23 = registered(fixed_PSS, moving_PSS, found_P23)
    assert corner_error_px(found_P23, true_P23) < 0.5


def test_a_picture_lies_on_itself() -> None:
    textures = texture(np.stack([crop(scene(seed)) for seed in range(NUM)]).astype(np.float32))
    assert corner_error_px(registered(textures, textures, identities()), identities()) < 1e-3


def test_a_picture_without_edges_does_not_run_away() -> None:
    blank = np.zeros((1, SIDE_PX, SIDE_PX), np.float32)
    other = texture(crop(scene(1)).astype(np.float32)[None])
    assert corner_error_px(registered(blank, other, identities(1)), identities(1)) == 0
    stripes = texture(np.tile(np.where(np.arange(SIDE_PX) // 6 % 2, 40, 200), (1, SIDE_PX, 1)).astype(np.float32))
    assert corner_error_px(registered(stripes, stripes, identities(1)), identities(1)) < 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_moving_is_linear_interpolation(seed: int) -> None:
    pictures_PSS = np.stack([crop(scene(10 + one)) for one in range(NUM)]).astype(np.float32)
    maps_P23 = random_maps(seed, most_px=4)
    found_PSS, covered_PSS = moved(pictures_PSS, maps_P23)
    u_2SS = np.mgrid[:SIDE_PX, :SIDE_PX] - MIDDLE
    for picture, map_23, found, covered in zip(pictures_PSS, maps_P23, found_PSS, covered_PSS, strict=True):
        v_2SS = np.einsum("ab,bij->aij", map_23[:, :2], u_2SS) + map_23[:, 2, None, None] + MIDDLE
        within = ((v_2SS > 1e-3) & (v_2SS < SIDE_PX - 1 - 2e-3)).all(0)
        outside = ((v_2SS < -1e-3) | (v_2SS > SIDE_PX - 1 + 1e-3)).any(0)
        assert within.sum() > SIDE_PX**2 / 4 and covered[within].all() and not covered[outside].any()
        assert found[within] == pytest.approx(map_coordinates(picture, v_2SS, order=1, mode="nearest")[within], abs=0.02)


def test_the_identity_moves_nothing_and_covers_all() -> None:
    pictures_PSS = np.stack([crop(scene(seed)) for seed in range(3)]).astype(np.float32)
    found_PSS, covered_PSS = moved(pictures_PSS, identities(3))
    assert covered_PSS.all() and found_PSS == pytest.approx(pictures_PSS, abs=0.3)  # the last row lies a thousandth of a pixel inside
    assert (found_PSS[:, :-1, :-1] == pictures_PSS[:, :-1, :-1]).all()


def test_shift_and_zoom_are_those_of_the_moving_picture() -> None:
    """A zoom of 2 about the middle and a shift of 3 pixels down: the pixel u lies at 2 u + (3, 0)."""
    (map_23,) = shift_and_zoom(np.array([3], np.float32), np.array([0], np.float32), np.array([2], np.float32))
    assert map_23.tolist() == [[2, 0, 3], [0, 2, 0]]


def test_the_same_pictures_give_the_same_maps_alone_and_among_others() -> None:
    wholes = [scene(20 + one) for one in range(NUM)]
    fixed_PSS = texture(np.stack([taken(whole.astype(np.float32), one) for whole, one in zip(wholes, random_maps(5), strict=True)]))
    moving_PSS = texture(np.stack([crop(whole) for whole in wholes]).astype(np.float32))
    start_P23 = identities()
    found_P23 = registered(fixed_PSS, moving_PSS, start_P23)
    assert (start_P23 == identities()).all(), "the start is left as it is"
    assert (registered(fixed_PSS, moving_PSS, identities()) == found_P23).all()
    alone_P23 = np.concatenate([registered(fixed_PSS[[one]], moving_PSS[[one]], identities(1)) for one in range(NUM)])
    assert corner_error_px(alone_P23, found_P23) < 1e-3
