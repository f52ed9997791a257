"""The nearest training images of test images in a model's feature space. Shapes: N images, P training images of the pool."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.explain.neighbours import nearest, share_with_other_label
from mien.store.faces import FaceSet

NUM_FOR_DOUBT = 10
"""number of neighbours whose labels determine how doubtful an image's own label is"""


def neighbourhood(
    rows: pd.DataFrame,
    faces: FaceSet,
    pool: pd.DataFrame,
    pool_faces: FaceSet,
    *,
    features: Callable[[FaceSet], NDArray[np.float32]],
    num: int,
) -> pd.DataFrame:
    """Return `rows` (sample_id, label; several rows may have the same sample_id) with columns on the nearest of `pool` (sample_id, label).

    The columns are `neighbours`, `neighbour_labels`, `neighbour_distances` (tuples of `num`, nearest first), `neighbour_distance` (cosine
    distance of the nearest) and `neighbour_doubt` (among the NUM_FOR_DOUBT nearest, the share whose label differs from the row's). `faces`
    has every sample_id of `rows`; `pool_faces` are those of `pool`, in the same order; `features` returns N×C for a set of faces.
    """
    found = nearest(features(faces), features(pool_faces), num=max(num, NUM_FOR_DOUBT))
    place = {name: number for number, name in enumerate(faces.sample_ids)}
    own_N = rows["sample_id"].map(place).to_numpy()
    ids_P, labels_P = pool["sample_id"].to_numpy(), pool["label"].to_numpy()
    places_Nk, distances_Nk = found.places_Nk[own_N], found.distances_Nk[own_N]
    doubts = type(found)(places_Nk[:, :NUM_FOR_DOUBT], distances_Nk[:, :NUM_FOR_DOUBT])

    def tuples(values_Nk: NDArray[np.generic]) -> pd.Series:
        return pd.Series([tuple(own[:num].tolist()) for own in values_Nk], rows.index, dtype=object)

    return rows.assign(
        neighbours=tuples(ids_P[places_Nk]),
        neighbour_labels=tuples(labels_P[places_Nk]),
        neighbour_distances=tuples(np.maximum(distances_Nk, 0)),
        neighbour_distance=distances_Nk[:, 0],
        neighbour_doubt=share_with_other_label(doubts, rows["label"], labels_P),
    )
