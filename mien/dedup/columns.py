"""Tables as one array per column, which is fast enough for hundreds of thousands of pairs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Columns:
    """Base of dataclasses whose fields are arrays of equal length."""

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """The rows of all parts, in order; there must be at least one part."""
        parts = list(parts)
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Self:
        """The chosen rows, by mask, by index or as a slice."""
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))


def first_of_pair(i_P: NDArray[np.int64], j_P: NDArray[np.int64]) -> NDArray[np.bool_]:
    """A mask of the rows that are the first of their pair; rows must be sorted by (i, j)."""
    first: NDArray[np.bool_] = np.r_[True, (i_P[1:] != i_P[:-1]) | (j_P[1:] != j_P[:-1])][: len(i_P)]
    return first


def blocks(num: int, size: int) -> Iterator[slice]:
    """Slices of at most `size`; one empty slice if `num` is 0."""
    return (slice(start, start + size) for start in range(0, max(1, num), size))
