"""Stored pictures: never enlarged, shape kept, tiny ones without loss, others as JPEG without chroma subsampling."""

import io

import pytest
from PIL import Image, JpegImagePlugin

from mien.store.encoding import LOSSLESS_UP_TO_PX, encode, reduced, stored_image, stored_size_px
from tests.convert.pictures import difference, noisy, smooth


@pytest.mark.parametrize("size", [(100, 40), (640, 480), (641, 480), (4032, 3024), (300, 3000), (5000, 1)])
def test_longer_side_is_at_most_the_limit_and_shape_is_kept(size: tuple[int, int]) -> None:
    small = reduced(Image.new("RGB", size), max_side_px=640)
    assert max(small.size) == min(640, max(size))
    scale = max(small.size) / max(size)
    assert all(abs(after - before * scale) <= 1 for before, after in zip(size, small.size, strict=True))
    assert (small.size == size) == (max(size) <= 640)


def test_tiny_pictures_are_stored_without_loss() -> None:
    tiny = noisy(LOSSLESS_UP_TO_PX, 60)
    with Image.open(io.BytesIO(encode(tiny, jpeg_quality=95))) as image:
        assert image.format == "PNG" and image.mode == "RGB" and difference(image, tiny) == 0


def test_others_are_jpeg_with_full_colour() -> None:
    picture = smooth(LOSSLESS_UP_TO_PX + 1, 60)
    with Image.open(io.BytesIO(encode(picture, jpeg_quality=95))) as image:
        assert image.format == "JPEG" and image.mode == "RGB" and JpegImagePlugin.get_sampling(image) == 0
        assert difference(image, picture) < 3
    assert len(encode(noisy(200, 200), jpeg_quality=100)) > len(encode(noisy(200, 200), jpeg_quality=95))


@pytest.mark.parametrize("side_px", [LOSSLESS_UP_TO_PX, 200])
def test_pictures_without_colour_take_one_channel_and_read_as_three(side_px: int) -> None:
    grey = noisy(side_px, 100).convert("L").convert("RGB")
    data = encode(grey, jpeg_quality=95)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "L"
    assert stored_image(data).mode == "RGB" and stored_size_px(data) == grey.size
    assert difference(stored_image(data), grey) <= (0 if side_px <= LOSSLESS_UP_TO_PX else 3)
