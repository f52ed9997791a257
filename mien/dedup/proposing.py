"""Proposes pairs of images that may be copies of one picture, by their perceptual hashes.

The exhaustive search compares the hashes of all pairs, the indexed one those of the images whose descriptors are nearest to each other. The
pairs that the indexed search proposes are some of those that the exhaustive search proposes, and are described in the same way.

Shapes: N images, P pairs, M neighbours.
"""

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.arrays import Pictures
from mien.dedup.columns import Columns
from mien.dedup.hamming import close_pairs
from mien.dedup.nearest import Nearest
from mien.dedup.views import HYPOTHESES, view_hashes

# Neighbours that the indexed search looks at. Mirrored copies are rarer, so that fewer of them are neighbours of one image.
_NUM_UPRIGHT: Final = 64
_NUM_MIRRORED: Final = 32
_QUERIES: Final = 4096


@dataclass(frozen=True)
class Proposals(Columns):
    """P pairs i < j, each at most once per zoom; zoom is 1 if the second image is the closer crop, -1 if the first is, 0 if neither."""

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    zoom: NDArray[np.int8]
    distance: NDArray[np.uint8]  # the smallest, in bits


@dataclass(frozen=True)
class Comparison:
    """The hashes of all images that are compared under one hypothesis, those of first and those of second images of pairs, (N,)."""

    zoom: int
    left_N: NDArray[np.uint64]
    right_N: NDArray[np.uint64]


class Proposer:
    """Proposes pairs whose hashes are at most `distance` bits apart, for whole images or under one of HYPOTHESES.

    With `nearest`, only pairs of neighbours are proposed. With `apart_N`, only pairs of an image where it is True and one where it is False
    are.
    """

    def __init__(
        self,
        pictures: Pictures,
        *,
        distance: int,
        max_shift: float,
        nearest: Nearest | None = None,
        apart_N: NDArray[np.bool_] | None = None,
    ) -> None:
        self._pictures, self._distance, self._nearest, self._apart_N = pictures, distance, nearest, apart_N
        self._plain_VN, self._mirrored_VN = view_hashes(pictures.thumbnail_NSS, max_shift=max_shift)

    def propose(self, *, mirrored: bool, pool: Executor) -> Proposals:
        """The pairs in order of (zoom, i, j); with `mirrored`, the second image of each pair is mirrored."""
        compared, num = self._comparisons(mirrored), len(self._pictures.phash_N)
        if self._nearest is None:
            close = partial(close_pairs, distance=self._distance)
            searches = [pool.submit(close, one.left_N, one.right_N) for one in compared]
            found = [self._usable(one.zoom, *search.result()) for one, search in zip(compared, searches, strict=True)]
        else:
            look = partial(self._near, self._nearest, compared, mirrored=mirrored)
            found = [part for parts in pool.map(look, range(0, max(1, num), _QUERIES)) for part in parts]
        return _unique(Proposals.joined(found), num)

    def _comparisons(self, mirrored: bool) -> list[Comparison]:
        pictures = self._pictures
        right_VN = self._mirrored_VN if mirrored else self._plain_VN
        compared = [Comparison(0, pictures.phash_N, pictures.phash_mirrored_N if mirrored else pictures.phash_N)]
        if mirrored:
            # pHash compares with the median, which mirroring changes, so a pair can be close in only one of the two directions.
            compared.append(Comparison(0, pictures.phash_mirrored_N, pictures.phash_N))
        return compared + [Comparison(one.zoom, self._plain_VN[one.left], right_VN[one.right]) for one in HYPOTHESES]

    def _near(self, nearest: Nearest, compared: list[Comparison], start: int, *, mirrored: bool) -> list[Proposals]:
        """The proposals among the neighbours of the images from `start`."""
        i_P, j_P = nearest.pairs(slice(start, start + _QUERIES), _NUM_MIRRORED if mirrored else _NUM_UPRIGHT, mirrored=mirrored)
        found = []
        for one in compared:
            bits_P = np.bitwise_count(one.left_N[i_P] ^ one.right_N[j_P])
            close = np.flatnonzero(bits_P <= self._distance)
            found.append(self._usable(one.zoom, i_P[close], j_P[close], bits_P[close]))
        return found

    def _usable(self, zoom: int, i_P: NDArray[np.int64], j_P: NDArray[np.int64], bits_P: NDArray[np.uint8]) -> Proposals:
        usable = self._pictures.textured_N[i_P] & self._pictures.textured_N[j_P]
        if self._apart_N is not None:
            usable &= self._apart_N[i_P] != self._apart_N[j_P]
        return Proposals(i_P, j_P, np.full(len(i_P), zoom, np.int8), bits_P).take(usable)


def _unique(found: Proposals, num: int) -> Proposals:
    key_P = ((found.zoom + np.int64(1)) * num + found.i) * num + found.j
    order = np.lexsort((found.distance, key_P))
    key_P = key_P[order]
    return found.take(order[np.r_[True, key_P[1:] != key_P[:-1]][: len(key_P)]])
