"""The images whose descriptors are nearest to that of an image or of its mirror image."""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mien.dedup.arrays import Pictures
from mien.dedup.discriminant import MIRRORING, Discriminant
from mien.dedup.index import Index

_BLOCK: Final = 4096


@dataclass(frozen=True)
class Nearest:
    """The descriptors of M images with texture in an index; N images are numbered as in `Pictures`."""

    number_M: NDArray[np.int64]
    descriptor_MK: NDArray[np.float32]
    index: Index | None  # None if there is no image

    @classmethod
    def of(cls, pictures: Pictures, *, max_shift: float, pool: Executor) -> Self:
        """The first images are the sample that the descriptors are learned from, so the order must be random but the same in each run.

        The order of `pictures_of` is: it is that of hashes.
        """
        number_M = np.flatnonzero(pictures.textured_N)
        if not len(number_M):
            return cls(number_M, np.empty((0, len(MIRRORING)), np.float32), None)
        # With several threads, libraries of linear algebra round differently.
        with threadpool_limits(1):
            discriminant = Discriminant.learned(pictures.thumbnail_NSS, number_M, max_shift=max_shift)
            blocks = [number_M[start : start + _BLOCK] for start in range(0, len(number_M), _BLOCK)]
            descriptor_MK = np.concatenate([*pool.map(lambda block: discriminant.describe(pictures.thumbnail_NSS[block]), blocks)])
            return cls(number_M, descriptor_MK, Index.of(descriptor_MK))

    def pairs(self, queries: slice, num: int, *, mirrored: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs i < j of images with a query among M and one of its `num` nearest neighbours, each once, in order.

        With `mirrored`, the neighbours of the queries' mirror images.
        """
        query_QK = self.descriptor_MK[queries]
        if self.index is None or not len(query_QK):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        nearest_QM = self.index.nearest(query_QK * MIRRORING if mirrored else query_QK, num + 1 - mirrored)
        one = np.repeat(np.arange(len(self.number_M))[queries], nearest_QM.shape[1])
        other = nearest_QM.ravel()
        known = (other >= 0) & (other != one)
        one, other = one[known], other[known]
        pair = np.unique(np.minimum(one, other) * len(self.number_M) + np.maximum(one, other))
        i, j = np.divmod(pair, len(self.number_M))
        return self.number_M[i], self.number_M[j]
