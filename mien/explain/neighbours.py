"""Search for the nearest training images in feature space. Shapes: N images, P images of the pool, C features, k neighbours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.neighbors import NearestNeighbors


@dataclass(frozen=True)
class Neighbours:
    """For each image the nearest images of the pool, nearest first."""

    places_Nk: NDArray[np.int64]
    """rows of the pool"""
    distances_Nk: NDArray[np.float64]
    """cosine distance, 0 to 2"""


def nearest(features_NC: ArrayLike, pool_PC: ArrayLike, *, num: int) -> Neighbours:
    """Return the `num` nearest of the pool (or all, if it has fewer) by cosine distance. The search is exact; ties are in row order."""
    # Float64 is used because in float32 rounding would determine the order of nearly equal features.
    features_NC, pool_PC = np.asarray(features_NC, np.float64), np.asarray(pool_PC, np.float64)
    search = NearestNeighbors(n_neighbors=min(num, len(pool_PC)), metric="cosine", algorithm="brute").fit(pool_PC)
    distances_Nk, places_Nk = search.kneighbors(features_NC)
    order_Nk = np.lexsort((places_Nk, np.round(distances_Nk, 9)), axis=-1)
    return Neighbours(np.take_along_axis(places_Nk, order_Nk, axis=1), np.take_along_axis(distances_Nk, order_Nk, axis=1))


def share_with_other_label(neighbours: Neighbours, labels_N: ArrayLike, pool_labels_P: ArrayLike) -> NDArray[np.float64]:
    """Return for each image the share of its neighbours whose label differs from its own, N."""
    labels_N, pool_labels_P = np.asarray(labels_N), np.asarray(pool_labels_P)
    other_Nk: NDArray[np.bool_] = pool_labels_P[neighbours.places_Nk] != labels_N[:, None]
    share_N: NDArray[np.float64] = other_Nk.mean(axis=1)
    return share_N
