"""The input and the result of the duplicate search."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.columns import Columns, blocks
from mien.dedup.texture import CACHED, texture

# An image whose texture has a smaller standard deviation is nearly blank: its hash and its correlation are noise. In FER2013 these are
# exactly the 13 blank images.
_LEAST_TEXTURE: Final = 0.15


@dataclass(frozen=True)
class Pictures:
    """N distinct images: grey thumbnails, and the 64-bit perceptual hashes of the whole images and of their mirror images."""

    thumbnail_NSS: NDArray[np.uint8]
    phash_N: NDArray[np.uint64]
    phash_mirrored_N: NDArray[np.uint64]
    has_detail_N: NDArray[np.bool_]  # whether the image is large enough to be compared at higher resolution
    label_N: NDArray[np.int64]  # a number for each label spelling; -1 where an image has no label or several
    clip_N: NDArray[np.int64] | None = None  # a number for each clip; -1 where an image is in no clip or in several; None without clips

    @cached_property
    def textured_N(self) -> NDArray[np.bool_]:
        """False for nearly blank images: they can only be duplicates by bytes or by pixels."""
        parts = blocks(len(self.thumbnail_NSS), CACHED)
        return np.concatenate([texture(self.thumbnail_NSS[part].astype(np.float32)).std((1, 2)) for part in parts]) > _LEAST_TEXTURE


@dataclass(frozen=True)
class Pairs(Columns):
    """P pairs i < j of images that are copies of one picture (possibly mirrored), or that show the same scene at another moment."""

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    distance: NDArray[np.int64]  # the smallest distance between the hashes that proposed the pair, in bits
    correlation: NDArray[np.float32]  # of the texture, after registration
    agreement: NDArray[np.float32]  # the local correlation that 90 % of the middle exceeds
    mirrored: NDArray[np.bool_]
    disputed: NDArray[np.bool_]  # whether the two images have different labels
    same: NDArray[np.bool_]  # True for one picture, False for one scene
