"""Where two registered pictures differ: copies a little everywhere, two exposures of one scene much in a few places.

Correlation over the whole picture cannot tell an open mouth from compression. Correlation in a small window around each pixel can: its low
percentiles are high for copies however they were compressed, toned or blurred, and low as soon as a mouth, a brow or a lid has moved.
benchmarks/duplicates.py prints the error rates. The local correlation is the structure term of SSIM in a Gaussian window (Wang et al.,
"Image quality assessment: from error visibility to structural similarity", 2004, eq. 10).

Shapes: P pairs, S side, R rows and C columns of a part of the picture.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.texture import blurring

# Standard deviation of the window, share of the side: the size of a mouth, and small enough that a caption spoils little beside it.
_WINDOW: Final = 1 / 24
FLAT: Final = 0.15
# Which share of the pixels may differ: a watermark, a hand-drawn moustache, a spot.
LOW: Final = 0.1
# Frames, captions and what a crop lets in lie at the border. Top captions are taller, and no expression is told by the upper quarter alone,
# so the upper quarter may differ instead. Rows and columns, shares of the side: first and last.
_PARTS: Final = (((1 / 8, 7 / 8), (1 / 12, 11 / 12)), ((1 / 4, 1), (1 / 12, 11 / 12)))
# Of a part, the share that both pictures must show: less is too little to judge by.
_LEAST_COVERED: Final = 0.5


def local_correlation(
    fixed_PSS: NDArray[np.float32], moved_PSS: NDArray[np.float32], covered_PSS: NDArray[np.bool_], *, flat: float = FLAT
) -> NDArray[np.float32]:
    """Correlation of the grey levels around each pixel, over what both pictures cover, (P, S, S), about -1 to 1.

    `flat` is the constant of the structure term, share of the picture's variance: what differs in flat parts is noise.
    """
    side = fixed_PSS.shape[1]
    blur_SS = blurring(side, side * _WINDOW, mode="constant")
    mask_PSS = covered_PSS.astype(np.float32)
    weight_PSS: NDArray[np.float32] = (blur_SS @ mask_PSS @ blur_SS.T).clip(min=np.float32(1e-3))

    def mean(values_PSS: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(blur_SS @ values_PSS @ blur_SS.T / weight_PSS, np.float32)

    left, right = (_standardised(pictures_PSS, mask_PSS) for pictures_PSS in (fixed_PSS, moved_PSS))
    mean_left, mean_right = mean(left), mean(right)
    variances = np.maximum(mean(left**2) - mean_left**2, 0) * np.maximum(mean(right**2) - mean_right**2, 0)
    local: NDArray[np.float32] = (mean(left * right) - mean_left * mean_right + flat) / (np.sqrt(variances) + flat)
    return local


def agreement(local_PSS: NDArray[np.float32], covered_PSS: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The local correlation that all but a tenth of the middle of each pair exceeds, (P,); -1 where the pictures share too little."""
    side = local_PSS.shape[1]
    best_P = np.full(len(local_PSS), -1, np.float32)
    for rows, columns in _PARTS:
        part = (slice(None), *(slice(round(first * side), round(last * side)) for first, last in (rows, columns)))
        covered_PRC = covered_PSS[part]
        size = covered_PRC.shape[1] * covered_PRC.shape[2]
        covered_PG = covered_PRC.reshape(-1, size)
        # What is not covered sorts to the end.
        ordered_PG = np.sort(np.where(covered_PG, local_PSS[part].reshape(covered_PG.shape), np.inf), axis=1)
        num_P = covered_PG.sum(1)
        value_P = np.take_along_axis(ordered_PG, (LOW * np.maximum(num_P - 1, 0)).astype(np.int64)[:, None], 1)[:, 0]
        best_P = np.where(num_P >= _LEAST_COVERED * size, np.maximum(best_P, value_P), best_P)
    return best_P


def _standardised(pictures_PSS: NDArray[np.float32], mask_PSS: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0 and variance 1 over the mask, 0 outside."""
    num_P = np.maximum(mask_PSS.sum((1, 2), keepdims=True), 1)
    centred = (pictures_PSS - (pictures_PSS * mask_PSS).sum((1, 2), keepdims=True) / num_P) * mask_PSS
    scaled: NDArray[np.float32] = centred / np.maximum(np.sqrt((centred**2).sum((1, 2), keepdims=True) / num_P), 1e-6)
    return scaled
