"""What the search for twins works on and what it finds."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.columns import Columns
from mien.dedup.texture import texture

# A picture whose texture spreads less is as good as blank: its hash and its correlation are noise. Of FER2013, only the 13 blank ones do.
_LEAST_TEXTURE: Final = 0.15


@dataclass(frozen=True)
class Pictures:
    """N different pictures: grey thumbnails, and the 64-bit perceptual hashes of the whole pictures and of their mirror images."""

    thumbnail_NSS: NDArray[np.uint8]
    phash_N: NDArray[np.uint64]
    phash_mirrored_N: NDArray[np.uint64]
    has_detail_N: NDArray[np.bool_]  # which are large enough for a closer look
    label_N: NDArray[np.int64]  # a number for each spelling; -1 where none or several are given

    @cached_property
    def textured_N(self) -> NDArray[np.bool_]:
        """False for pictures that show as good as nothing: they have twins by bytes or pixels only."""
        num = len(self.thumbnail_NSS)
        spreads = [texture(self.thumbnail_NSS[start : start + 4096].astype(np.float32)).std((1, 2)) for start in range(0, num, 4096)]
        return np.concatenate([np.empty(0), *spreads]) > _LEAST_TEXTURE


@dataclass(frozen=True)
class Pairs(Columns):
    """P pairs i < j of pictures that show the same (or one the mirror image of the other), or the same scene at another moment."""

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    distance: NDArray[np.int64]  # the least between the hashes that proposed the pair, bits
    correlation: NDArray[np.float32]  # of the texture, after registration
    agreement: NDArray[np.float32]  # local correlation that nine tenths of the middle exceed
    mirrored: NDArray[np.bool_]
    disputed: NDArray[np.bool_]  # under different labels
    same: NDArray[np.bool_]  # one picture; else one scene
