"""Small WebP images: never enlarged, reduced to the longer side, the given image untouched."""

import io

import numpy as np
import pytest
from PIL import Image

from mien.store.thumbnails import webp


@pytest.mark.parametrize(("size_px", "expected_px"), [((40, 20), (40, 20)), ((200, 100), (50, 25)), ((60, 120), (25, 50))])
def test_the_longer_side_is_reduced_and_never_enlarged(size_px: tuple[int, int], expected_px: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (size_px[1], size_px[0], 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    found = webp(image, max_px=50)
    with Image.open(io.BytesIO(found)) as small:
        assert (small.format, small.size) == ("WEBP", expected_px)
    assert image.size == size_px and np.array_equal(np.asarray(image), pixels)
    assert webp(image, max_px=50) == found
