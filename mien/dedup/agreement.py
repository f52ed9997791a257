"""Local correlation of two registered images, which separates copies of one image from two exposures of one scene.

Copies differ slightly everywhere; two exposures differ strongly in a few places. Correlation over the whole image cannot distinguish an
open mouth from compression. Correlation in a small window around each pixel can: its low percentiles stay high for copies, however they
were compressed, toned or blurred, and drop as soon as a mouth, a brow or an eyelid has moved. benchmarks/duplicates.py prints the error
rates. The local correlation is the structure term of SSIM in a Gaussian window (Wang et al., "Image quality assessment: from error
visibility to structural similarity", 2004, eq. 10).

Shapes: P pairs, S side, R rows and C columns of a part of the image.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.texture import blurring

# Standard deviation of the window as a share of the side: about the size of a mouth, and small enough to limit the influence of a caption.
_WINDOW: Final = 1 / 24
FLAT: Final = 0.15
# The share of the pixels that may differ, because of a watermark, a hand-drawn moustache or a spot.
LOW: Final = 0.1
# Frames, captions and the extra content of a wider crop lie at the border, so only the middle is compared. Captions at the top are taller,
# and the upper quarter alone shows no expression, so a second part leaves it out. A part is (first, last) of rows and of columns, as shares
# of the side.
_PARTS: Final = (((1 / 8, 7 / 8), (1 / 12, 11 / 12)), ((1 / 4, 1), (1 / 12, 11 / 12)))
# The share of a part that both images must cover; with less there is too little to compare.
_LEAST_COVERED: Final = 0.5


def local_correlation(
    fixed_PSS: NDArray[np.float32], moved_PSS: NDArray[np.float32], covered_PSS: NDArray[np.bool_], *, flat: float = FLAT
) -> NDArray[np.float32]:
    """Correlation of the grey levels around each pixel, over the pixels that both images cover, (P, S, S), about -1 to 1.

    `flat` is the constant of the structure term, as a share of the image's variance; it suppresses noise in flat regions.
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
    """The 10th percentile of the local correlation in the middle of each pair, (P,); -1 where the images overlap too little."""
    side = local_PSS.shape[1]
    best_P = np.full(len(local_PSS), -1, np.float32)
    for rows, columns in _PARTS:
        part = (slice(None), *(slice(round(first * side), round(last * side)) for first, last in (rows, columns)))
        covered_PRC = covered_PSS[part]
        size = covered_PRC.shape[1] * covered_PRC.shape[2]
        covered_PG = covered_PRC.reshape(-1, size)
        # Pixels that are not covered sort to the end.
        ordered_PG = np.sort(np.where(covered_PG, local_PSS[part].reshape(covered_PG.shape), np.inf), axis=1)
        num_P = covered_PG.sum(1)
        value_P = np.take_along_axis(ordered_PG, (LOW * np.maximum(num_P - 1, 0)).astype(np.int64)[:, None], 1)[:, 0]
        best_P = np.where(num_P >= _LEAST_COVERED * size, np.maximum(best_P, value_P), best_P)
    return best_P


def _standardised(pictures_PSS: NDArray[np.float32], mask_PSS: NDArray[np.float32]) -> NDArray[np.float32]:
    """The images scaled to mean 0 and variance 1 over the mask; 0 outside the mask."""
    num_P = np.maximum(mask_PSS.sum((1, 2), keepdims=True), 1)
    centred = (pictures_PSS - (pictures_PSS * mask_PSS).sum((1, 2), keepdims=True) / num_P) * mask_PSS
    scaled: NDArray[np.float32] = centred / np.maximum(np.sqrt((centred**2).sum((1, 2), keepdims=True) / num_P), 1e-6)
    return scaled
