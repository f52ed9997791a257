"""Rows as one array per column, for pairs by the hundred thousand."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Columns:
    """What a dataclass whose fields are arrays of equal length has in common with others."""

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """The rows of all parts, at least one, in that order."""
        parts = list(parts)
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Some of the rows."""
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))


def first_of_pair(i_P: NDArray[np.int64], j_P: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows, sorted by (i, j), are the first of their pair."""
    first: NDArray[np.bool_] = np.r_[True, (i_P[1:] != i_P[:-1]) | (j_P[1:] != j_P[:-1])][: len(i_P)]
    return first
