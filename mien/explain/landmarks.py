"""The landmarks that the detector found in the stored faces."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.store.encoding import stored_size_px
from mien.store.shards import read_store
from mien.store.tables import FACES

NUM_COORDINATES = 10


def read_landmarks(faces: Path, sample_ids: Iterable[str]) -> dict[str, NDArray[np.float64]]:
    """Return 10 numbers by sample_id: x and y of the five landmarks as shares of the stored square's side; NaN if there are none."""
    wanted = set(sample_ids)
    stored = read_store(faces, FACES, ["sample_id", "landmarks"], keep=wanted).to_pandas()
    points = {name: own for name, own in zip(stored["sample_id"], stored["landmarks"], strict=True) if own is not None}
    none = dict.fromkeys(wanted, np.full(NUM_COORDINATES, np.nan))
    if not points:
        return none
    images = read_store(faces, FACES, ["sample_id", "image"], keep=set(points))
    sides = {
        name: stored_size_px(data)[0] for name, data in zip(*(images.column(name).to_pylist() for name in images.column_names), strict=True)
    }
    return none | {name: np.asarray(own, np.float64) / sides[name] for name, own in points.items()}
