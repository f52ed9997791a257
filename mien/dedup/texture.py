"""Normalised cross-correlation of the texture of two images at the best small shift, for many pairs at once.

Texture is used because any two faces with the same framing correlate at 0.8 in brightness, but only at 0.3 in texture, while copies stay
above 0.7. One inverse Fourier transform per pair gives the correlation at every shift. It is normalised over the overlap with integral
images (Lewis, "Fast normalized cross-correlation", 1995), so the value is exact at each shift.

Shapes: N images, S side, P pairs, K = 2 reach + 1 shifts along an axis, F × G spectrum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d

from mien.dedup.columns import Columns

CACHED = 128
"""how many images of 48 px, with what is computed from them, fit into the processor's cache"""
_CHUNK = 512
_LEAST_VARIANCE = 0.05


def blurring(side: int, sigma_px: float, *, mode: Literal["nearest", "constant"] = "nearest") -> NDArray[np.float32]:
    """A Gaussian blur along one axis as a matrix (S, S); batched matrix products are ten times as fast as filtering each image."""
    return np.asarray(gaussian_filter1d(np.eye(side), sigma_px, axis=0, mode=mode), np.float32)


def texture(pictures_NSS: NDArray[np.float32]) -> NDArray[np.float32]:
    """The images minus their local mean, divided by their local contrast, (N, S, S); both use a Gaussian of a sixteenth of the side.

    Dividing by local contrast keeps a frame or caption that two images share from outweighing their content.
    The result does not depend on brightness, and only slightly on contrast: four grey levels are added to the local contrast, which
    suppresses noise in flat areas.
    """
    side = pictures_NSS.shape[1]
    blur_SS = blurring(side, side / 16)
    detail_NSS = pictures_NSS - blur_SS @ pictures_NSS @ blur_SS.T
    contrast_NSS = np.sqrt(np.maximum(blur_SS @ detail_NSS**2 @ blur_SS.T, 0))
    textured: NDArray[np.float32] = detail_NSS / (contrast_NSS + 4)
    return textured


def zoomed(pictures_NSS: NDArray[np.float32], zoom: float) -> NDArray[np.float32]:
    """The middle of each image, enlarged `zoom` times with linear interpolation, (N, S, S)."""
    if zoom == 1:
        return pictures_NSS
    side = pictures_NSS.shape[1]
    middle = (side - 1) / 2
    wanted = middle + (np.arange(side) - middle) / zoom
    weights_SS = np.maximum(0, 1 - np.abs(wanted[:, None] - np.arange(side))).astype(np.float32)
    middles: NDArray[np.float32] = weights_SS @ pictures_NSS @ weights_SS.T
    return middles


def halved(pictures_NSS: NDArray[np.float32]) -> NDArray[np.float32]:
    """The images at half the size, by averaging, (N, S / 2, S / 2)."""
    # NumPy's mean over two short axes takes four times as long.
    upper, lower = (pictures_NSS[:, row::2, ::2] + pictures_NSS[:, row::2, 1::2] for row in (0, 1))
    halves: NDArray[np.float32] = (upper + lower) * np.float32(0.25)
    return halves


@dataclass(frozen=True)
class Spectra:
    """Per-image values from which N images are correlated at all shifts up to `reach` pixels."""

    reach: int
    overlap_KK: NDArray[np.float32]  # the number of pixels that two images share at each shift
    spectrum_NFG: NDArray[np.complex64]
    sum_NKK: NDArray[np.float32]  # over the part of the image that the other image covers
    sum_of_squares_NKK: NDArray[np.float32]

    @classmethod
    def of(cls, pictures_NSS: NDArray[np.float32], *, reach: int) -> Self:
        """Computes the values; images are first scaled to mean 0 and variance 1, for precision."""
        num, side = pictures_NSS.shape[:2]
        padded = fft.next_fast_len(side + reach, real=True)
        shifts, pixels = np.arange(-reach, reach + 1)[:, None], np.arange(side)
        covered_KS = ((pixels + shifts >= 0) & (pixels + shifts < side)).astype(np.float32)
        shared_K = covered_KS.sum(1)
        spectrum = np.empty((num, padded, padded // 2 + 1), np.complex64)
        sums = np.empty((2, num, len(shifts), len(shifts)), np.float32)
        for start in range(0, num, _CHUNK):
            part = slice(start, start + _CHUNK)
            grey = pictures_NSS[part] - pictures_NSS[part].mean((1, 2), keepdims=True)
            grey /= np.maximum(grey.std((1, 2), keepdims=True), 1e-6)
            spectrum[part] = fft.rfft2(grey, (padded, padded))
            sums[0, part] = covered_KS @ grey @ covered_KS.T
            sums[1, part] = covered_KS @ grey**2 @ covered_KS.T
        return cls(reach, np.outer(shared_K, shared_K), spectrum, sums[0], sums[1])

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """The values of the images of all parts, in order; there must be at least one part."""
        parts = list(parts)
        names = ("spectrum_NFG", "sum_NKK", "sum_of_squares_NKK")
        return cls(parts[0].reach, parts[0].overlap_KK, *(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Peaks(Columns):
    """The highest correlation of P pairs over their overlap (-1 where the overlap has no texture), and its shift in pixels."""

    correlation: NDArray[np.float32]
    down: NDArray[np.float32]  # pixel y of the left image corresponds to pixel y + down of the right image
    right: NDArray[np.float32]


def correlate(left: Spectra, right: Spectra, i_P: NDArray[np.int64], j_P: NDArray[np.int64]) -> Peaks:
    """The best shift between the images left[i] and right[j]."""
    best_P, place_P = np.empty(len(i_P), np.float32), np.empty(len(i_P), np.int64)
    shifts = np.arange(-left.reach, left.reach + 1)
    count, padded = left.overlap_KK, left.spectrum_NFG.shape[1]
    for start in range(0, len(i_P), _CHUNK):
        i, j = i_P[start : start + _CHUNK], j_P[start : start + _CHUNK]
        product = fft.irfft2(left.spectrum_NFG[i].conj() * right.spectrum_NFG[j], (padded, padded))
        covariance = product[:, shifts % padded][:, :, shifts % padded]
        sum_i, sum_j = left.sum_NKK[i], right.sum_NKK[j][:, ::-1, ::-1]
        covariance -= sum_i * sum_j / count
        variance_i = left.sum_of_squares_NKK[i] - sum_i**2 / count
        variance_j = right.sum_of_squares_NKK[j][:, ::-1, ::-1] - sum_j**2 / count
        textured = np.minimum(variance_i, variance_j) > _LEAST_VARIANCE * count
        ratio = np.where(textured, covariance / np.sqrt(np.where(textured, variance_i * variance_j, 1)), -1).reshape(len(i), -1)
        place_P[start : start + _CHUNK] = ratio.argmax(1)
        best_P[start : start + _CHUNK] = ratio.max(1)
    down_P, right_P = (shifts[place].astype(np.float32) for place in np.divmod(place_P, len(shifts)))
    return Peaks(np.minimum(best_P, 1), down_P, right_P)
