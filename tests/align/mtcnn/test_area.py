"""Resizing by area beside PyTorch's, to the last bit. (For a result of one pixel, which MTCNN never needs, PyTorch divides once.)"""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch.nn.functional import interpolate

from mien.align.mtcnn.area import AreaTable

SIDES_PX, NEW_SIDES_PX = st.integers(1, 90), st.integers(2, 90)
PLACES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=8)


def noise(width_px: int, height_px: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(width_px * 1000 + height_px).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8))


def expected(pixels: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    return interpolate(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float(), size=(height_px, width_px), mode="area").numpy()


@given(SIDES_PX, SIDES_PX, NEW_SIDES_PX, NEW_SIDES_PX)
def test_whole_images_smaller_and_larger(width_px: int, height_px: int, to_width_px: int, to_height_px: int) -> None:
    image = noise(width_px, height_px)
    found = AreaTable(image).resized(to_height_px, to_width_px)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected(np.asarray(image), to_height_px, to_width_px))


@given(PLACES, st.sampled_from((2, 24, 48)))
def test_crops(places: list[tuple[int, int, int, int]], size_px: int) -> None:
    image = noise(90, 70)
    boxes = np.array([(left, top, left + width, top + height) for left, top, width, height in places])
    found = AreaTable(image).crops(boxes, size_px)
    pixels = np.asarray(image)
    each = [expected(pixels[top:bottom, left:right], size_px, size_px) for left, top, right, bottom in boxes]
    np.testing.assert_array_equal(found, np.concatenate(each))


def test_no_crops_are_an_empty_array() -> None:
    assert AreaTable(noise(20, 20)).crops(np.zeros((0, 4), np.int64), 24).shape == (0, 3, 24, 24)


def test_sums_that_overflow_do_no_harm() -> None:
    """The sums of an image of 17 megapixels may exceed 32 bits. Here all are near the end from the start."""
    table, box = AreaTable(noise(50, 40)), np.array([[3, 5, 40, 40]])
    before = table.resized(12, 13), table.crops(box, 24)
    assert table._table[-1, -1, 0] > 1000
    table._table += np.uint32(2**32 - 1000)
    assert table._table[-1, -1, 0] < 2**32 - 1000
    for means, same in zip(before, (table.resized(12, 13), table.crops(box, 24)), strict=True):
        np.testing.assert_array_equal(means, same)
