"""The known properties of each test image apart from its label, as columns to slice the test metrics by, one row per image."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mien.evaluate.slicing import MIN_IMAGES, MISSING, NUM_BINS, OTHER, slice_values
from mien.store.clips import CLIP, FRAME
from mien.store.shards import read_store
from mien.store.tables import FACES, FILES, IMAGES, read_table

CLEAN = "clean"
_OWN = ("file_format", "sharpness", "brightness", "contrast", "face_px", "score", "num_faces", "flag")


def read_slice_columns(rows: pd.DataFrame, *, files: Path, images: Path, faces: Path) -> pd.DataFrame:
    """Reads data/raw/files.parquet and the stores of images and faces, and returns the `slice_columns` of the rows."""
    ids = set(rows["sample_id"])
    return slice_columns(
        rows,
        files=read_table(files, FILES, ["path", "metadata"]),
        images=read_store(images, IMAGES, ["sample_id", "source_format", "sharpness", "brightness", "contrast"], keep=ids).to_pandas(),
        faces=read_store(faces, FACES, ["sample_id", "box", "score", "num_faces"], keep=ids).to_pandas(),
    )


def slice_columns(rows: pd.DataFrame, *, files: pd.DataFrame, images: pd.DataFrame, faces: pd.DataFrame) -> pd.DataFrame:
    """The columns of each row's metadata, then file format, properties of image and face, and the flag; in the order of `rows`.

    `rows` has the columns path, sample_id and flag. It is joined by path to `files` (metadata), and by sample_id to `images`
    (source_format, sharpness, brightness, contrast) and `faces` (box, score, num_faces). `face_px` is the longer side of the detected
    box, in pixels of the converted image; it is missing, like score and number of faces, if images are used whole. An image without a
    flag has the flag CLEAN. A metadata column with the name of another column is renamed to NAME (metadata).
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
    """The columns that divide the images into more than one slice."""
    several = [name for name in columns if len(slice_values(columns[name], num_bins=num_bins, min_images=min_images)[0]) > 1]
    return columns[several]


def personal_slices(columns: pd.DataFrame, subjects: pd.Series) -> set[tuple[str, str]]:
    """The slices (column, value) of metadata that contain one known person only, if `subjects` (a row per image) names several persons.

    Such a value identifies the person as clearly as a name. Its images are one group, so the slice has no interval either.
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
    """A column per key of the JSON objects; a column is numeric if all of its values are numbers. The clip of a frame is no property."""
    objects: list[dict[str, Any]] = [json.loads(text) if isinstance(text, str) else {} for text in texts]
    if any(each.get(CLIP) for each in objects):
        objects = [{name: value for name, value in each.items() if name not in (CLIP, FRAME)} for each in objects]
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
