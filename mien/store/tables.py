"""The schema of every table, in one place; writers and readers are held to it.

Same rows in, same bytes out: no pandas metadata, no timestamps, one compression. Missing values are nulls, which read as None.
A row's file is named by `path` (inside the source, with /); a row's content by `sample_id`, the SHA-256 of the file's bytes, hex.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mien.core.errors import TableError
from mien.core.files import replacing_file
from mien.core.outputs import damaged, missing

_TEXT, _INT, _FLOAT, _FLAG, _BYTES = pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.binary()

FILES = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),  # null where the file is ignored or could not be read
        ("label_raw", _TEXT),  # as spelt by ingest.metadata, ingest.label or a folder's name; null where none says
        ("subset_raw", _TEXT),  # train, val or test, where the path (or Usage) says so
        ("subject", _TEXT),
        ("size_bytes", _INT),
        ("ignored", _TEXT),  # why the file is none of ours (hidden, system file, not an image); null for images
        ("error", _TEXT),  # why the file could not be read; null where it could
        ("metadata", _TEXT),  # further columns of ingest.metadata as one JSON object
    ]
)
# The source as DVC sees it. The order is that of reading.
INVENTORY = pa.schema(
    [
        ("path", _TEXT),
        ("size_bytes", _INT),
        ("sha256", _TEXT),  # null where the file is not to be read
        ("note", _TEXT),  # why not
    ]
)
BLOBS = pa.schema([("sample_id", _TEXT), ("bytes", _BYTES)])
IMAGES = pa.schema(
    [
        ("sample_id", _TEXT),
        ("image", _BYTES),  # encoded, upright, sRGB; of pictures without colour one channel (encoding.stored_image reads three)
        ("width_px", _INT),
        ("height_px", _INT),
        ("source_format", _TEXT),
        ("pixel_sha256", _TEXT),  # of the upright RGB pixels and their size, before any reduction
        ("phash", pa.uint64()),
        ("phash_mirrored", pa.uint64()),
        ("thumbnail", _BYTES),  # grey, THUMBNAIL_PX squared uint8, for comparing pictures
        ("sharpness", _FLOAT),  # variance of the Laplacian of the grey picture
        ("brightness", _FLOAT),  # mean grey level, 0-255
        ("contrast", _FLOAT),  # standard deviation of the grey level
    ]
)
# An unfit image (too small, blank) is decodable, and stored too: an official test split keeps it.
REJECTED = pa.schema([("sample_id", _TEXT), ("reason", _TEXT), ("detail", _TEXT), ("decodable", _FLAG)])
DUPLICATES = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),
        ("group_id", _TEXT),  # of one picture: the smallest sample_id of the group
        ("scene_id", _TEXT),  # of one scene, in which whole groups lie: the smallest sample_id of the scene
        ("kind", _TEXT),  # exact, pixel, near, mirrored; null for a file without twin
        ("twin_path", _TEXT),  # the nearest other file of the group
        ("distance", _INT),  # bits between the two perceptual hashes
        ("correlation", _FLOAT),  # of the texture after registration
        ("agreement", _FLOAT),  # local correlation that all but a tenth of the middle exceeds
    ]
)
# Pairs of different pictures, each named by its first file by path.
PAIRS = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),
        ("other_path", _TEXT),
        ("other_id", _TEXT),
        ("relation", _TEXT),  # near, mirrored: one picture; scene: another exposure
        ("disputed", _FLAG),  # under different labels, as spelt
        ("distance", _INT),
        ("correlation", _FLOAT),
        ("agreement", _FLOAT),
    ]
)
LABELS = pa.schema(
    [
        ("sample_id", _TEXT),
        ("path", _TEXT),
        ("label", _TEXT),
        ("subset", _TEXT),  # train, val, test or null, as the source says
        ("subject", _TEXT),
        ("group_id", _TEXT),
        ("scene_id", _TEXT),
        ("flag", _TEXT),  # for files of an official test split: duplicate, conflict, blank, too_small; else null
    ]
)
# What became of files that a stage took out (or, in data/fates.parquet, of every file).
FATES = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),
        ("fate", _TEXT),
        ("stage", _TEXT),
        ("reason", _TEXT),
        ("detail", _TEXT),
    ]
)
FACES = pa.schema(
    [
        ("sample_id", _TEXT),
        ("image", _BYTES),  # encoded square
        ("box", pa.list_(pa.float32())),  # left, top, right, bottom in the converted image (as stored, not turned), px; null if taken whole
        ("landmarks", pa.list_(pa.float32())),  # x, y of left eye, right eye, nose, left and right mouth corner in the square, px
        ("score", _FLOAT),  # the detector's; null if taken whole
        ("num_faces", _INT),  # faces found; null if none were looked for
        ("turn_deg", _INT),  # clockwise turn of the converted image that set its face upright: 0, 90, 180, 270; null if not looked for
    ]
)
SPLITS = pa.schema(
    [
        ("path", _TEXT),  # unique; sample_id is not, where an official test split holds copies
        ("sample_id", _TEXT),
        ("label", _TEXT),
        ("split", _TEXT),  # train, val, test
        ("group_id", _TEXT),
        ("scene_id", _TEXT),
        ("subject", _TEXT),
        ("flag", _TEXT),  # null is clean; else duplicate, conflict, blank, too_small, no_face (official test only)
    ]
)
PREDICTIONS = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),
        ("label", _TEXT),
        ("split", _TEXT),  # test; val too for the model's first seed, whose temperature is fitted there
        ("seed", _INT),  # of the training; the model's first seed comes first
        ("predicted", _TEXT),
        ("logits", pa.list_(pa.float32())),
        ("flag", _TEXT),
    ]
)
# Small pictures beside a JSON or CSV that names them, for pages and sheets.
PICTURES = pa.schema([("name", _TEXT), ("image", _BYTES)])  # name such as face/SAMPLE_ID, sorted and unique; image: WebP

THUMBNAIL_PX = 48
FATE_NAMES = ("kept", "duplicate", "quarantined", "rejected", "ignored", "leak", "dropped class", "thinned")
SPLIT_NAMES = ("train", "val", "test")


def write_table(path: Path, rows: pd.DataFrame | pa.Table, schema: pa.Schema, *, compression: str = "zstd") -> None:
    """Writes `rows`, whose columns must be those of `schema` (in any order), as one Parquet file, atomically."""
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False)
    table = table.select(schema.names).cast(schema).replace_schema_metadata(None)
    with replacing_file(path) as temporary:
        pq.write_table(table, temporary, **parquet_options(schema, compression=compression))


def parquet_options(schema: pa.Schema, *, compression: str = "zstd") -> dict[str, Any]:
    """How Parquet files of `schema` are written: columns of images and blobs as they are, all others compressed."""
    uncompressed = {"image", "bytes", "thumbnail"}
    return {
        "compression": {field.name: "none" if field.name in uncompressed else compression for field in schema},
        "use_dictionary": [name for name in schema.names if name not in uncompressed],
        # Statistics of a column keep its least and largest value: copies of two whole files, of no use to anyone.
        "write_statistics": [name for name in schema.names if name not in uncompressed],
    }


def read_table(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pd.DataFrame:
    """The table at `path` as a frame, nulls as None. Raises TableError if it is missing or not as `schema` says."""
    table = read_arrow(path, schema, columns)
    frame: pd.DataFrame = table.to_pandas()
    return frame.astype({field.name: object for field in table.schema if pa.types.is_string(field.type)}).where(
        lambda kept: ~kept.isna(), None
    )


def read_predictions(path: Path, *, split: str = "test", columns: list[str] | None = None) -> pd.DataFrame:
    """One split's rows of a model's predictions, of the seed whose weights are the model's (the first). Raises TableError as read_table."""
    rows = read_table(path, PREDICTIONS, None if columns is None else [*dict.fromkeys([*columns, "split", "seed"])])
    first = rows["seed"].iloc[:1]  # none, where the table is empty
    own: pd.DataFrame = rows[(rows["split"] == split) & rows["seed"].isin(first)].reset_index(drop=True)
    return own if columns is None else own[columns]


def read_arrow(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """The table at `path`. Raises TableError if it is missing or not as `schema` says."""
    check_table(path, schema)
    return pq.read_table(path, columns=columns)


def check_table(path: Path, schema: pa.Schema) -> None:
    """Raises TableError if the table at `path` is missing, damaged or not as `schema` says."""
    if not path.is_file():
        raise missing(path)
    try:
        found = pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise damaged(path, f"is no readable Parquet file ({error})") from None
    if not found.equals(schema):
        wrong = sorted({field.name for field in set(found) ^ set(schema)})
        raise TableError(
            f"{path}: the columns {', '.join(wrong)} are not as mien/store/tables.py says; run `dvc repro` to make the table anew"
        )
