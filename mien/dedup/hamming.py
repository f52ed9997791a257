"""Search by Hamming distance among all pairs."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]
# FAISS counts bits twice as fast as NumPy, but its import takes as long as NumPy for so many hashes.
_FAISS_FROM: Final = 8192
_ROWS, _COLUMNS = 64, 8192  # of NumPy's blocks
_QUERIES: Final = 1024


def close_pairs(left_N: NDArray[np.uint64], right_N: NDArray[np.uint64], *, distance: int) -> Found:
    """All pairs i < j for which left[i] and right[j] are at most `distance` bits apart: (i, j, bits), each (P,)."""
    search = by_faiss if len(left_N) >= _FAISS_FROM else by_numpy
    none = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8)
    i, j, bits = (np.concatenate(parts) for parts in zip(none, *search(left_N, right_N, distance), strict=True))
    return i, j, bits


def by_numpy(left_N: NDArray[np.uint64], right_N: NDArray[np.uint64], distance: int) -> Iterator[Found]:
    """The pairs, in blocks that fit into the processor's cache."""
    xor, bits, close = (np.empty((_ROWS, _COLUMNS), kind) for kind in (np.uint64, np.uint8, np.bool_))
    for top in range(0, len(left_N), _ROWS):
        rows = left_N[top : top + _ROWS, None]
        for start in range(top, len(right_N), _COLUMNS):
            columns = right_N[None, start : start + _COLUMNS]
            block = (slice(rows.shape[0]), slice(columns.shape[1]))
            np.bitwise_xor(rows, columns, out=xor[block])
            np.bitwise_count(xor[block], out=bits[block])
            np.less_equal(bits[block], distance, out=close[block])
            # Flattened, because NumPy finds the true values of one axis three times as fast as those of two.
            i, j = np.divmod(np.flatnonzero(close[block]), columns.shape[1])
            upper = i + top < j + start
            i, j = i[upper], j[upper]
            yield i + top, j + start, bits[i, j]


def by_faiss(left_N: NDArray[np.uint64], right_N: NDArray[np.uint64], distance: int) -> Iterator[Found]:
    """The same pairs."""
    import faiss

    faiss.omp_set_num_threads(1)  # of this thread; the searches of several hypotheses run at the same time
    left_NB, right_NB = (np.ascontiguousarray(hashes).view(np.uint8).reshape(-1, 8) for hashes in (left_N, right_N))
    for top in range(0, len(left_NB), _QUERIES):
        scan = faiss.IndexBinaryFlat(64)
        scan.add(right_NB[top:])
        ends, bits, j = scan.range_search(left_NB[top : top + _QUERIES], distance + 1)
        ends = np.asarray(ends, np.int64)
        i = np.repeat(np.arange(len(ends) - 1), ends[1:] - ends[:-1])
        upper = i < j
        yield i[upper] + top, j[upper] + top, bits[upper].astype(np.uint8)
