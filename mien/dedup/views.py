"""Perceptual hashes of images and of windows of them, so that a cropped copy is still matched with its original.

A perceptual hash is robust to recompression, but a crop shifted by a tenth of the side changes as many bits as a different face. Therefore
each image is also hashed in nine windows, and two images are compared under every hypothesis of how one was cropped from the other:
opposite windows for a shift, a window against the whole image for a closer crop. Several hypotheses with a small distance find more copies
than a single hash with a large distance; benchmarks/duplicates.py measures this.

Shapes: N images, S side, V views, B bits.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mien.dedup.columns import blocks
from mien.dedup.texture import CACHED

_LOW: Final = 8
_MIRRORING_K: Final = np.where(np.arange(_LOW) % 2, np.float32(-1), np.float32(1))
_WHOLE: Final = 0
_NINE: Final = tuple((row, column) for row in range(3) for column in range(3))


@dataclass(frozen=True)
class Hypothesis:
    """View `left` of one image matches view `right` of the other; `zoom` is 1 if the second is the closer crop, -1 if the first, else 0."""

    left: int
    right: int
    zoom: int


def _window(row: int, column: int) -> int:
    return 1 + _NINE.index((row, column))


SHIFTED: Final = tuple(Hypothesis(_window(row, column), _window(2 - row, 2 - column), 0) for row, column in _NINE)
# Only the corners and the centre: the other four windows find few additional pairs (1 % at the same number of proposals).
_ZOOMABLE: Final = tuple(_window(row, column) for row, column in _NINE if (row + column) % 2 == 0)
ZOOMED: Final = (*(Hypothesis(view, _WHOLE, 1) for view in _ZOOMABLE), *(Hypothesis(_WHOLE, view, -1) for view in _ZOOMABLE))
HYPOTHESES: Final = (*SHIFTED, *ZOOMED)


def window_px(side_px: int, max_shift: float) -> int:
    """Side of the windows. Opposite corners are two thirds of the largest shift apart, because the hash itself tolerates the last third."""
    return side_px - 2 * max(1, round(max_shift * side_px / 3))


def view_hashes(pictures_NSS: NDArray[np.uint8], *, max_shift: float) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """64-bit hashes of all views of N images and of the same views of their mirror images, each (V, N).

    The bits are the signs of the 8 × 8 lowest DCT frequencies except the constant one. pHash compares with the median instead; with signs,
    mirroring an image changes exactly the odd columns, so that mirrored pairs are found in either order.
    """
    num, side = pictures_NSS.shape[:2]
    small = window_px(side, max_shift)
    step = (side - small) // 2
    # With each window the view that lies at its position once the image is mirrored, so that both outputs index the views in the same way.
    windows = [(_WHOLE, 0, 0, side)]
    windows += [(_window(row, 2 - column), row * step, column * step, small) for row, column in _NINE]
    plain_VN, mirrored_VN = (np.empty((len(windows), num), np.uint64) for _ in range(2))
    for view, (opposite, top, left, size) in enumerate(windows):
        basis_KS = fft.dct(np.eye(size), axis=0, norm="ortho")[:_LOW].astype(np.float32)
        for part in blocks(num, CACHED):
            window_MSS = pictures_NSS[part, top : top + size, left : left + size].astype(np.float32)
            low_MKK = np.asarray(basis_KS @ window_MSS @ basis_KS.T, np.float32)
            plain_VN[view, part] = _signs(low_MKK)
            mirrored_VN[opposite, part] = _signs(np.asarray(low_MKK * _MIRRORING_K, np.float32))
    return plain_VN, mirrored_VN


def _signs(low_NKK: NDArray[np.float32]) -> NDArray[np.uint64]:
    # A frequency that is absent, such as the odd ones of a symmetric image, is 0 up to rounding and must not give a random bit.
    above_NB = (low_NKK > 0.005).reshape(len(low_NKK), _LOW * _LOW)
    above_NB[:, 0] = False
    return np.packbits(above_NB, axis=1).view(">u8").astype(np.uint64)[:, 0]
