"""Hashes of images: an exact hash of the pixels, and perceptual hashes of whole batches."""

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HASH_INPUT_PX = 32
_LOW = 8
_STRIP_PX = 64
# The lowest rows of the DCT-II as a matrix. Importing scipy's DCT took longer than hashing several thousand images.
_DCT_KN = 2 * np.cos(np.pi / HASH_INPUT_PX * np.outer(np.arange(_LOW), np.arange(HASH_INPUT_PX) + 0.5))


def pixel_sha256(image: Image.Image) -> str:
    """SHA-256 of an RGB image's size and pixels, in hexadecimal. It is equal for the same image in different lossless files."""
    assert image.mode == "RGB", image.mode
    digest = hashlib.sha256(f"{image.width}x{image.height}".encode())
    for top in range(0, image.height, _STRIP_PX):  # strips stay in the processor's cache
        digest.update(image.crop((0, top, image.width, min(image.height, top + _STRIP_PX))).tobytes())
    return digest.hexdigest()


def hash_input(grey: Image.Image) -> NDArray[np.uint8]:
    """The input of perceptual hashing: the image reduced to (32, 32) grey levels."""
    return np.asarray(grey.resize((HASH_INPUT_PX, HASH_INPUT_PX), Image.Resampling.LANCZOS))


def thumbnail(grey: Image.Image, side_px: int) -> NDArray[np.uint8]:
    """The image for the comparison of pairs: (side, side) grey levels, averaged to a square without keeping the aspect ratio."""
    return np.asarray(grey.resize((side_px, side_px), Image.Resampling.BOX))


def perceptual_hashes(inputs_N3232: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """64-bit perceptual hashes of N images and of their mirror images, each (N,), from the `hash_input` of each image.

    The hash is pHash: the 8 × 8 lowest frequencies of the 2-D DCT-II are compared with their median, row by row, and the first is the
    highest bit (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010). The bits equal imagehash.phash.
    """
    low_NKK = _DCT_KN @ inputs_N3232.astype(np.float64) @ _DCT_KN.T
    # Mirroring a signal only changes the sign of its odd DCT-II coefficients, so one transform suffices for both hashes.
    mirrored_NKK = low_NKK * (-1.0) ** np.arange(_LOW)
    return _bits(low_NKK), _bits(mirrored_NKK)


def _bits(low_NKK: NDArray[np.float64]) -> NDArray[np.uint64]:
    # Coefficients are rounded, because those whose exact value is zero (in flat or symmetric images) would give random bits.
    flat_NB = np.round(low_NKK.reshape(len(low_NKK), _LOW * _LOW), 6)
    above_NB = flat_NB > np.median(flat_NB, axis=1, keepdims=True)
    return np.packbits(above_NB, axis=1).view(">u8").astype(np.uint64)[:, 0]
