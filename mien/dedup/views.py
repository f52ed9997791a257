"""Perceptual hashes of pictures and of windows of them, so that a copy cropped elsewhere still meets its original.

A perceptual hash bears recompression, but a crop a tenth of the side away changes as many of its bits as another face does. So each picture is
also hashed through nine windows, and two pictures are compared under every hypothesis of how one was cropped from the other: opposite windows
(a shift), a window against the whole (a closer crop). More hypotheses at a smaller distance find more than one generous distance does;
benchmarks/duplicates.py has the measurement.

Shapes: N pictures, S side, V views, B bits.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

_LOW: Final = 8
_WHOLE: Final = 0
_NINE: Final = tuple((row, column) for row in range(3) for column in range(3))


@dataclass(frozen=True)
class Hypothesis:
    """View `left` of one picture shows what view `right` of the other shows; `zoom` is -1, 0 or 1: which of them is the closer crop."""

    left: int
    right: int
    zoom: int


def _window(row: int, column: int) -> int:
    return 1 + _NINE.index((row, column))


SHIFTED: Final = tuple(Hypothesis(_window(row, column), _window(2 - row, 2 - column), 0) for row, column in _NINE)
# Corners and centre: the four windows between them find few pairs more (1 % at the same number of proposals).
_ZOOMABLE: Final = tuple(_window(row, column) for row, column in _NINE if (row + column) % 2 == 0)
ZOOMED: Final = (*(Hypothesis(view, _WHOLE, 1) for view in _ZOOMABLE), *(Hypothesis(_WHOLE, view, -1) for view in _ZOOMABLE))
HYPOTHESES: Final = (*SHIFTED, *ZOOMED)


def window_px(side_px: int, max_shift: float) -> int:
    """Side of the windows. Opposite corners lie two thirds of the largest shift apart: the hash itself bears the last third."""
    return side_px - 2 * max(1, round(max_shift * side_px / 3))


def view_hashes(pictures_NSS: NDArray[np.uint8], *, max_shift: float) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """64-bit hashes of all views of N pictures and of the same views of their mirror images, each (V, N).

    Bits are the signs of the 8 × 8 lowest DCT frequencies but the constant one. Signs, not the comparison with the median that pHash has,
    because a mirrored picture then changes exactly the odd columns, so that mirrored pairs are found from either side alike.
    """
    side = pictures_NSS.shape[1]
    small = window_px(side, max_shift)
    step = (side - small) // 2
    plain, mirrored = [], []
    for top, left, size in [(0, 0, side), *((row * step, column * step, small) for row, column in _NINE)]:
        # The window that, mirrored, lies where this one lies: so both outputs index views of the upright mirror image.
        low_NKK = _low_frequencies(pictures_NSS, top, left, size)
        plain.append(_signs(low_NKK))
        low_NKK = _low_frequencies(pictures_NSS, top, side - size - left, size)
        mirrored.append(_signs(low_NKK * (-1.0) ** np.arange(_LOW, dtype=np.float32)))
    return np.stack(plain), np.stack(mirrored)


def _low_frequencies(pictures_NSS: NDArray[np.uint8], top: int, left: int, size: int) -> NDArray[np.float32]:
    basis_KS = fft.dct(np.eye(size), axis=0, norm="ortho")[:_LOW].astype(np.float32)
    parts = [
        basis_KS @ pictures_NSS[start : start + 4096, top : top + size, left : left + size].astype(np.float32) @ basis_KS.T
        for start in range(0, len(pictures_NSS), 4096)
    ]
    return np.concatenate(parts) if parts else np.empty((0, _LOW, _LOW), np.float32)


def _signs(low_NKK: NDArray[np.float32]) -> NDArray[np.uint64]:
    # A frequency that is missing, as the odd ones of a symmetric picture, is 0 up to rounding: it must not give a random bit.
    above_NB = (low_NKK > 0.005).reshape(len(low_NKK), _LOW * _LOW)
    above_NB[:, 0] = False
    return np.packbits(above_NB, axis=1).view(">u8").astype(np.uint64)[:, 0]
