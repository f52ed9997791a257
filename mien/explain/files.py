"""What the stage `explain` reads of the test images, joined, and how it writes its folder."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.data.encoding import stored_size_px
from mien.data.shards import read_store
from mien.data.tables import FACES
from mien.explain.explain import Explanation
from mien.explain.pictures import write_pictures
from mien.files import replacing_directory, write_json

NUM_COORDINATES = 10


def landmark_shares(faces: Path, sample_ids: pd.Series) -> list[NDArray[np.float64]]:
    """Of each sample x, y of its five landmarks as shares of its stored square's side, 10 numbers; NaN where there are none."""
    stored = read_store(faces, FACES, ["sample_id", "landmarks"], keep=set(sample_ids)).to_pandas()
    points = {name: own for name, own in zip(stored["sample_id"], stored["landmarks"], strict=True) if own is not None}
    if not points:
        return [np.full(NUM_COORDINATES, np.nan)] * len(sample_ids)
    images = read_store(faces, FACES, ["sample_id", "image"], keep=set(points))
    sides = {
        name: stored_size_px(data)[0] for name, data in zip(*(images.column(name).to_pylist() for name in images.column_names), strict=True)
    }
    none = np.full(NUM_COORDINATES, np.nan)
    return [np.asarray(points[name], np.float64) / sides[name] if name in points else none for name in sample_ids]


def write_explanation(folder: Path, found: Explanation) -> None:
    """Writes metrics/explain/MODEL: whole or not at all; the same explanation, the same bytes."""
    with replacing_directory(folder) as temporary:
        for name in ("gallery", "mirrored", "failures"):
            write_json(temporary / f"{name}.json", getattr(found, name))
        found.failure_table.to_csv(temporary / "failures.csv", index=False, float_format="%.6g", lineterminator="\n")
        write_pictures(temporary / "pictures.parquet", found.pictures)
        (temporary / "gallery.jpg").write_bytes(found.gallery_sheet)
        if found.mirrored_sheet is not None:
            (temporary / "mirrored.jpg").write_bytes(found.mirrored_sheet)
