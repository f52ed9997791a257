"""Finds the nearest descriptors with an inverted file, so that the time hardly grows faster than the number of images.

Descriptors are divided into lists around centres that k-means finds; a search looks only into the lists whose centres are nearest (Jégou et
al., "Product quantization for nearest neighbor search", 2011, section IV; here descriptors are kept whole). FAISS does the work.

The result does not depend on the number of threads: each call of FAISS runs on one thread, and the pieces that run at the same time
do not depend on their number.

Shapes: N descriptors, K values each, Q queries, M neighbours.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

# Lists for each square root of the number of descriptors. More make k-means slower, fewer the search.
_LISTS: Final = 4
_LEAST_PER_LIST: Final = 40  # of the sample that k-means sees
_ROUNDS: Final = 10  # of k-means
_PROBES: Final = 32  # lists that a search looks into


@dataclass(frozen=True)
class Index:
    """An inverted file over N descriptors."""

    faiss: Any
    inverted: Any

    @classmethod
    def of(cls, descriptors_NK: NDArray[np.float32]) -> Self:
        """Learns the lists from the first descriptors, which must be a random sample, and fills them. There must be at least one."""
        import faiss

        faiss.omp_set_num_threads(1)
        num, size = descriptors_NK.shape
        num_lists = max(1, min(round(_LISTS * math.sqrt(num)), num // _LEAST_PER_LIST))
        inverted = faiss.IndexIVFFlat(faiss.IndexFlatL2(size), size, num_lists, faiss.METRIC_L2)
        inverted.cp.niter, inverted.cp.seed = _ROUNDS, 0
        inverted.cp.min_points_per_centroid = 1
        inverted.train(descriptors_NK[: num_lists * _LEAST_PER_LIST])
        inverted.add(descriptors_NK)
        inverted.nprobe = min(num_lists, _PROBES)
        return cls(faiss, inverted)

    def nearest(self, queries_QK: NDArray[np.float32], num: int) -> NDArray[np.int64]:
        """The numbers of the `num` nearest descriptors to each query, (Q, M); -1 where the lists contain fewer."""
        self.faiss.omp_set_num_threads(1)  # of the thread that calls
        _, nearest_QM = self.inverted.search(np.ascontiguousarray(queries_QK), num)
        return np.asarray(nearest_QM, np.int64)
