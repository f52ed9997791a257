"""Compares pairs of larger images a second time at twice the size, where a moved brow or eyelid is visible that 48 px hide.

Copies may differ in sharpness, so a reduced or blurred copy is compared with its original blurred to the same degree.

Shapes: P pairs, S side.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.agreement import agreement, local_correlation
from mien.dedup.registering import brighter_first, moved, registered, swapped
from mien.dedup.texture import blurring, texture

# Standard deviations in pixels: of the blur that removes noise from both images, and of the blurs that are tried on either image.
_NOISE: Final = 0.7
_BLURS: Final = (0.0, 0.7, 1.2, 2.0)
# Smaller than at 48 px, where noise is a larger share of the signal in a window.
_FLAT: Final = 0.05


def closer_agreement(
    left_PSS: NDArray[np.uint8], right_PSS: NDArray[np.uint8], maps_P23: NDArray[np.float32], *, times: float
) -> NDArray[np.float32]:
    """The agreement of pairs of images that are `times` as large as those the maps were found on, (P,).

    For each pair the blur that gives the highest agreement is used.
    """
    left, right, swapped_P = brighter_first(left_PSS, right_PSS)
    maps_P23 = maps_P23.copy()
    maps_P23[:, :, 2] *= np.float32(times)
    maps_P23 = swapped(maps_P23, swapped_P)
    textures = texture(left), texture(right)
    for _ in range(2):
        maps_P23 = registered(*textures, maps_P23)
    other, covered_PSS = moved(right, maps_P23)
    found = [agreement(local_correlation(*both, covered_PSS, flat=_FLAT), covered_PSS) for both in _equally_sharp(left, other)]
    best_P: NDArray[np.float32] = np.maximum.reduce(found)
    return best_P


def _equally_sharp(
    left_PSS: NDArray[np.float32], right_PSS: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    left, right = _blurred(left_PSS, _NOISE), _blurred(right_PSS, _NOISE)
    for blur in _BLURS:
        yield _blurred(left, blur), right
        if blur:
            yield left, _blurred(right, blur)


def _blurred(pictures_PSS: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    if not sigma_px:
        return pictures_PSS
    blur_SS = blurring(pictures_PSS.shape[1], sigma_px)
    return np.asarray(blur_SS @ pictures_PSS @ blur_SS.T, np.float32)
