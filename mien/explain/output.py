"""What the stage `explain` reads of the test images, joined, and how it writes its folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.core.files import replacing_directory, write_json
from mien.core.spreadsheet import write_csv
from mien.explain.explanation import Explanation
from mien.explain.thumbnails import write_pictures
from mien.store.encoding import stored_size_px
from mien.store.shards import read_store
from mien.store.tables import FACES

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


def write_explanation(folder: Path, found: Explanation, *, called: Mapping[str, str]) -> None:
    """Writes metrics/explain/MODEL: whole or not at all; the same explanation, the same bytes. `called` is by path what each file is called."""
    with replacing_directory(folder) as temporary:
        for name in ("gallery", "mirrored", "failures"):
            write_json(temporary / f"{name}.json", _renamed(getattr(found, name), called))
        failures = found.failure_table.assign(path=found.failure_table["path"].map(called))
        write_csv(temporary / "failures.csv", failures, float_format="%.6g")
        write_pictures(temporary / "pictures.parquet", found.pictures)
        (temporary / "gallery.jpg").write_bytes(found.gallery_sheet)
        if found.mirrored_sheet is not None:
            (temporary / "mirrored.jpg").write_bytes(found.mirrored_sheet)


def _renamed(value: Any, called: Mapping[str, str]) -> Any:
    """JSON values whose every `path` is what the file is called."""
    if isinstance(value, list):
        return [_renamed(entry, called) for entry in value]
    if isinstance(value, dict):
        return {name: called[entry] if name == "path" else _renamed(entry, called) for name, entry in value.items()}
    return value
