import numpy as np
import pytest
from matplotlib import colormaps

from mien.predict.drawing.overlay import _palette, overlay


def test_the_colours_are_those_of_matplotlib() -> None:
    expected = colormaps["inferno"](np.linspace(0.2, 0.88, 256))[:, :3] * 255
    assert abs(_palette() - expected).max() < 2.5


def photo(side_px: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:side_px, 0:side_px] / side_px
    smooth = np.stack([rows, columns, (rows + columns) / 2], axis=-1) * 200
    return (smooth + rng.integers(0, 20, (side_px, side_px, 3))).astype(np.uint8)


def test_no_heat_is_the_grey_picture() -> None:
    picture = photo(40)
    result = overlay(picture, np.zeros((40, 40)))
    assert (result == result[..., :1]).all()
    assert np.corrcoef(result[..., 0].ravel(), picture.mean(axis=-1).ravel())[0, 1] > 0.9


def test_heat_changes_the_picture_where_it_is_and_the_face_stays_visible() -> None:
    grey = np.full((40, 40, 3), 90, np.uint8)
    grey[:, ::2] = 130
    heat = np.zeros((40, 40))
    heat[10:20, 10:20] = 1
    result = overlay(grey, heat)
    changed = (result != grey).any(axis=-1)
    assert changed[10:20, 10:20].all() and changed.sum() == 100
    assert (result[10:20, 10] != result[10:20, 11]).any(), "what lies below shows through"


def test_hotter_is_brighter() -> None:
    black = np.zeros((1, 256, 3), np.uint8)
    brightness = overlay(black, np.linspace(0, 1, 256)[None])[0] @ [0.299, 0.587, 0.114]
    assert (np.diff(brightness) >= -0.6).all(), "up to rounding"


def test_map_and_picture_must_be_of_one_size() -> None:
    with pytest.raises(AssertionError):
        overlay(photo(40), np.zeros((20, 20)))
