"""Describes an image by the magnitude of the Fourier transform of its texture, which a shift does not change.

Mirroring an image exchanges the magnitudes at the frequencies (u, v) and (-u, v). Half their sum is therefore the same for an image and its
mirror image, and half their difference has the opposite sign. With these even and odd parts, a search for mirrored copies is the search for
upright ones with the odd part negated.

Shapes: N images, S side, E even and O odd values.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mien.dedup.columns import blocks
from mien.dedup.texture import CACHED, texture

# Standard deviation of the window as a share of the side. The window suppresses the border, where crops, frames and captions differ.
_WINDOW: Final = 0.3
_NUM_FREQUENCIES: Final = 13  # from 0 along either axis; at 48 px, higher ones are mostly noise and compression


def fourier_parts(pictures_NSS: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The even and the odd part of the magnitudes, (N, E) and (N, O), of images of at least 26 px; the magnitudes have norm 1."""
    parts = [_parts(pictures_NSS[part]) for part in blocks(len(pictures_NSS), CACHED)]
    even, odd = (np.concatenate(values) for values in zip(*parts, strict=True))
    return even, odd


def _parts(pictures_NSS: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    num, side, _ = pictures_NSS.shape
    window_S = np.exp(-0.5 * ((np.arange(side) - (side - 1) / 2) / (_WINDOW * side)) ** 2).astype(np.float32)
    textures = texture(pictures_NSS.astype(np.float32))
    textures -= textures.mean((1, 2), keepdims=True)
    magnitude = np.abs(fft.rfft2(textures * np.outer(window_S, window_S)))[:, :, :_NUM_FREQUENCIES]
    frequencies = np.arange(_NUM_FREQUENCIES)
    falling, rising = magnitude[:, frequencies], magnitude[:, -frequencies]
    magnitudes = np.stack([falling, rising]).astype(np.float32)
    magnitudes /= np.sqrt((magnitudes**2).sum((0, 2, 3), keepdims=True)) + np.float32(1e-6)
    falling, rising = magnitudes
    # Where one of the frequencies is 0, the two magnitudes are equal.
    return ((falling + rising) / 2).reshape(num, -1), ((falling - rising) / 2)[:, 1:, 1:].reshape(num, -1)
