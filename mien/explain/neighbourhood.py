"""Where test images lie among the training images, as a model sees them. Shapes: N images, P training images of the pool."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.explain.neighbours import nearest, share_with_other_label
from mien.store.faces import FaceSet

NUM_FOR_DOUBT = 10
"""neighbours whose labels say how doubtful an image's own is"""


def neighbourhood(
    rows: pd.DataFrame,
    faces: FaceSet,
    pool: pd.DataFrame,
    pool_faces: FaceSet,
    *,
    features: Callable[[FaceSet], NDArray[np.float32]],
    num: int,
) -> pd.DataFrame:
    """`rows` (sample_id, label; some may show one picture) with the nearest of `pool` (sample_id, label), nearest first:

    `neighbours`, `neighbour_labels`, `neighbour_distances` (tuples of `num`), `neighbour_distance` (of the nearest, cosine) and
    `neighbour_doubt` (of the NUM_FOR_DOUBT nearest the share with another label than the row's). `faces` has every sample_id of `rows`,
    `pool_faces` are those of `pool`, in its order; `features` gives N×C for a set of faces.
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
