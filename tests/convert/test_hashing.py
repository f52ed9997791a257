"""Hashes agree with imagehash, bit for bit, and the mirrored hash is the hash of the mirrored picture."""

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageOps

from mien.convert.hashing import hash_input, perceptual_hashes, pixel_sha256
from tests.convert.pictures import noisy, smooth

PICTURES = [noisy(size, size + 17, seed=seed) for seed, size in enumerate((32, 48, 100, 333))] + [
    smooth(seed=seed) for seed in range(4, 20)
]


def hashes(pictures: list[Image.Image]) -> tuple[list[int], list[int]]:
    upright, mirrored = perceptual_hashes(np.stack([hash_input(picture.convert("L")) for picture in pictures]))
    assert upright.dtype == mirrored.dtype == np.uint64
    return upright.tolist(), mirrored.tolist()


def test_same_bits_as_imagehash() -> None:
    assert hashes(PICTURES)[0] == [int(str(imagehash.phash(picture)), 16) for picture in PICTURES]


def test_mirrored_hash_is_the_hash_of_the_mirrored_picture() -> None:
    upright, mirrored = hashes(PICTURES)
    assert hashes([ImageOps.mirror(picture) for picture in PICTURES]) == (mirrored, upright)
    assert all(first != second for first, second in zip(upright, mirrored, strict=True))


def test_company_in_the_batch_changes_nothing() -> None:
    upright, mirrored = hashes(PICTURES)
    assert [hashes([picture]) for picture in PICTURES] == [([first], [second]) for first, second in zip(upright, mirrored, strict=True)]


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_flat_and_symmetric_pictures_hash_without_chance(level: int) -> None:
    """Their vanishing frequencies are rounding errors, which must not decide bits."""
    flat = Image.new("RGB", (48, 48), (level, level, level))
    assert hashes([flat])[0] == hashes([flat])[1]
    half = np.random.default_rng(level).integers(0, 256, (48, 24)).astype(np.uint8)
    symmetric = Image.fromarray(np.hstack([half, half[:, ::-1]]))
    upright, mirrored = hashes([symmetric, symmetric.convert("RGB")])
    assert upright[0] == mirrored[0] == upright[1]


def test_pixel_hash_is_of_pixels_and_shape() -> None:
    picture = noisy()
    assert pixel_sha256(picture) == pixel_sha256(picture.copy())
    assert pixel_sha256(picture) != pixel_sha256(ImageOps.mirror(picture))
    flat = Image.new("RGB", (10, 20))
    assert pixel_sha256(flat) != pixel_sha256(flat.transpose(Image.Transpose.ROTATE_90))
