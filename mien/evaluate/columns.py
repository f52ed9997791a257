"""What is known of each test image beside its label, as columns to slice the test figures by, one row per image."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mien.evaluate.slicing import MIN_IMAGES, MISSING, NUM_BINS, OTHER, slice_values
from mien.store.shards import read_store
from mien.store.tables import FACES, FILES, IMAGES, read_table

CLEAN = "clean"
_OWN = ("file_format", "sharpness", "brightness", "contrast", "face_px", "score", "num_faces", "flag")


def read_slice_columns(rows: pd.DataFrame, *, files: Path, images: Path, faces: Path) -> pd.DataFrame:
    """What `slice_columns` gives for the rows, of data/raw/files.parquet and the stores of images and faces."""
    ids = set(rows["sample_id"])
    return slice_columns(
        rows,
        files=read_table(files, FILES, ["path", "metadata"]),
        images=read_store(images, IMAGES, ["sample_id", "source_format", "sharpness", "brightness", "contrast"], keep=ids).to_pandas(),
        faces=read_store(faces, FACES, ["sample_id", "box", "score", "num_faces"], keep=ids).to_pandas(),
    )


def slice_columns(rows: pd.DataFrame, *, files: pd.DataFrame, images: pd.DataFrame, faces: pd.DataFrame) -> pd.DataFrame:
    """The columns of each row's metadata, then file format, picture and face figures, and the flag; in the order of `rows`.

    `rows` has the columns path, sample_id and flag. Joined to it are, by path, `files` (metadata) and, by sample_id, `images`
    (source_format, sharpness, brightness, contrast) and `faces` (box, score, num_faces). `face_px` is the longer side of the box that the
    detector found, in pixels of the converted image; missing, as are score and number of faces, where pictures were taken whole. An image
    without flag has the flag CLEAN. A metadata column that is named as one of the others is here NAME (metadata).
    """
    texts = rows["path"].map(dict(zip(files["path"], files["metadata"], strict=True)))
    known = images.set_index("sample_id").reindex(rows["sample_id"]).reset_index(drop=True)
    found = faces.set_index("sample_id").reindex(rows["sample_id"]).reset_index(drop=True)
    own = pd.DataFrame(
        {
            "file_format": known["source_format"],
            **{name: known[name].astype(float) for name in ("sharpness", "brightness", "contrast")},
            "face_px": [_longer_side_px(box) for box in found["box"]],
            "score": found["score"].astype(float),
            "num_faces": found["num_faces"].astype(float).astype("Int64"),
            "flag": rows["flag"].fillna(CLEAN).to_numpy(),
        }
    )
    return pd.concat([_metadata(texts), own], axis=1)


def telling(columns: pd.DataFrame, *, num_bins: int = NUM_BINS, min_images: int = MIN_IMAGES) -> pd.DataFrame:
    """Those of the columns that cut the images into more than one slice."""
    several = [name for name in columns if len(slice_values(columns[name], num_bins=num_bins, min_images=min_images)[0]) > 1]
    return columns[several]


def personal_slices(columns: pd.DataFrame, subjects: pd.Series) -> set[tuple[str, str]]:
    """The slices (column, value) of metadata that show one known person and nobody else, where `subjects` (a row per image) knows several.

    Such a value is as good as the person's name. Its images are one group, so that the slice has no interval either.
    """
    found = set()
    for name in columns if subjects.nunique() > 1 else ():
        values, code_N = slice_values(columns[name]) if name not in _OWN else ([], np.empty(0, np.int64))
        for code, value in enumerate(values):
            persons = subjects[code_N == code]
            if value not in (OTHER, MISSING) and persons.notna().all() and persons.nunique() == 1:
                found.add((str(name), value))
    return found


def _metadata(texts: pd.Series) -> pd.DataFrame:
    """A column per key of the JSON objects; numbers where all of its values are such."""
    objects: list[dict[str, Any]] = [json.loads(text) if isinstance(text, str) else {} for text in texts]
    found = {}
    for name in dict.fromkeys(name for each in objects for name in each):
        column = pd.Series([each.get(name) for each in objects], dtype=object)
        numbers = pd.to_numeric(column, errors="coerce")
        numeric = bool((column.isna() | np.isfinite(numbers)).all()) and bool(column.notna().any())
        found[f"{name} (metadata)" if name in _OWN else name] = numbers if numeric else column
    return pd.DataFrame(found, index=range(len(objects)))


def _longer_side_px(box: Any) -> float:
    if box is None or np.ndim(box) == 0:
        return float("nan")
    left, top, right, bottom = box
    return float(max(right - left, bottom - top))
