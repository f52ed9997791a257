from pathlib import Path

import numpy as np
from PIL import Image

from mien.store.thumbnails import decoded, read_thumbnails, webp, write_thumbnails


def photo(side_px: int, *, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side_px, 0:side_px] / side_px
    smooth = np.stack([rows, columns, (rows + columns) / 2], axis=-1) * 200
    return (smooth + rng.integers(0, 20, (side_px, side_px, 3))).astype(np.uint8)


def test_a_picture_comes_back_about_as_it_was() -> None:
    picture = photo(80)
    back = decoded(webp(picture, max_px=96, quality=90))
    assert back.shape == picture.shape, "nothing is enlarged"
    assert np.abs(back.astype(float) - picture).mean() < 8


def test_large_pictures_are_reduced() -> None:
    assert decoded(webp(photo(200), max_px=96)).shape == (96, 96, 3)
    assert len(webp(photo(96))) < 4000


def test_same_picture_same_bytes() -> None:
    assert webp(photo(64)) == webp(photo(64)) != webp(photo(64, seed=1))


def test_written_in_one_order(tmp_path: Path) -> None:
    pictures = {"face/b": b"2", "face/a": b"1", "map/a/happy": b"3"}
    first, second = tmp_path / "1.parquet", tmp_path / "2.parquet"
    write_thumbnails(first, pictures)
    write_thumbnails(second, dict(reversed(pictures.items())))
    assert first.read_bytes() == second.read_bytes()
    assert read_thumbnails(first) == pictures and list(read_thumbnails(first)) == sorted(pictures)
    write_thumbnails(first, {})
    assert read_thumbnails(first) == {}


def test_an_image_is_encoded_as_its_array_is_and_stays_as_it_was() -> None:
    image = Image.fromarray(photo(200))
    assert webp(image, max_px=96) == webp(photo(200), max_px=96)
    assert image.size == (200, 200)
