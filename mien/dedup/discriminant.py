"""Learns which combinations of Fourier magnitudes are alike for copies of one image and differ between images.

Copies are made of a sample of the images themselves, by shifts and zooms of the size that dedup looks for. The combinations are those of
linear discriminant analysis with one class per image (Fisher, 1936; Bishop, "Pattern Recognition and Machine Learning", 2006, section
4.1.6): they maximise the variance over all images relative to that among copies of one image. They are scaled to variance 1 among copies,
so that the Euclidean distance counts what copies do not explain. With principal components, which look at the variance of all images only,
far more strangers lie nearer than a copy.

Shapes: N images, S side, F values of one part, K combinations.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from mien.dedup.columns import blocks
from mien.dedup.fourier import fourier_parts
from mien.dedup.registering import moved, shift_and_zoom
from mien.dedup.texture import CACHED

_NUM_EVEN: Final = 40
_NUM_ODD: Final = 24
MIRRORING: Final = np.repeat(np.array([1, -1], np.float32), [_NUM_EVEN, _NUM_ODD])
"""what mirroring an image multiplies its descriptor with, (K,)"""
_NUM_SAMPLED: Final = 6000
_LARGEST_ZOOM: Final = 1.1
# As a share of the mean variance among copies; keeps combinations of values that hardly vary from counting too much.
_RIDGE: Final = 0.1


@dataclass(frozen=True)
class Discriminant:
    """The learned combinations; `describe` applies them."""

    mean_F: NDArray[np.float32]  # of the even part; that of the odd part is 0, because an image may as well be mirrored
    even_FK: NDArray[np.float32]
    odd_FK: NDArray[np.float32]

    @classmethod
    def learned(cls, pictures_NSS: NDArray[np.uint8], number_M: NDArray[np.int64], *, max_shift: float) -> Self:
        """Learns from the first of the images with the numbers M, which must be in random order and at least one.

        `max_shift` is the largest shift of a copy, as a share of the side. The same images in the same order give the same result.
        """
        originals = pictures_NSS[number_M[:_NUM_SAMPLED]]
        parts, copied = fourier_parts(originals), fourier_parts(_copies(originals, max_shift))
        mean_F = parts[0].mean(0)
        even_FK = _combinations(parts[0] - mean_F, parts[0] - copied[0], _NUM_EVEN)
        return cls(mean_F, even_FK, _combinations(parts[1], parts[1] - copied[1], _NUM_ODD))

    def describe(self, pictures_NSS: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The descriptors of the images, (N, K); those of their mirror images are the same times MIRRORING."""
        even, odd = fourier_parts(pictures_NSS)
        return np.concatenate([(even - self.mean_F) @ self.even_FK, odd @ self.odd_FK], axis=1)


def _copies(pictures_NSS: NDArray[np.uint8], max_shift: float) -> NDArray[np.uint8]:
    """One copy of each image, with a random shift and zoom."""
    generator = np.random.default_rng(0)
    num, side, _ = pictures_NSS.shape
    down_N, right_N = generator.uniform(-max_shift * side, max_shift * side, (2, num)).astype(np.float32)
    zoom_N = np.exp(generator.uniform(-np.log(_LARGEST_ZOOM), np.log(_LARGEST_ZOOM), num)).astype(np.float32)
    maps_N23 = shift_and_zoom(down_N, right_N, zoom_N)
    copies = [moved(pictures_NSS[part].astype(np.float32), maps_N23[part])[0] for part in blocks(num, CACHED)]
    return np.concatenate(copies).round().astype(np.uint8)


def _combinations(values_NF: NDArray[np.float32], changes_NF: NDArray[np.float32], num: int) -> NDArray[np.float32]:
    """The `num` best combinations, (F, K), of values with mean 0, given how copies differ from their originals."""
    overall, within = (rows.T.astype(np.float64) @ rows.astype(np.float64) / len(rows) for rows in (values_NF, changes_NF))
    within += (_RIDGE * np.trace(within) / len(within) + 1e-12) * np.eye(len(within))
    _, vectors = linalg.eigh(overall, within)
    return np.ascontiguousarray(vectors[:, ::-1][:, :num], np.float32)
