"""The schemas of all tables. Writers and readers check every table against its schema.

The same rows always give the same bytes: files contain no pandas metadata and no timestamps, and the compression is fixed. Missing
values are nulls, which are read as None. `path` identifies the file of a row (relative to the source, with / as separator), and
`sample_id` its content: the SHA-256 of the file's bytes, in hexadecimal.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mien.core.errors import TableError
from mien.core.files import replacing_file
from mien.core.outputs import damaged, missing

_TEXT, _INT, _FLOAT, _FLAG, _BYTES = pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.binary()
_SHARES = pa.list_(pa.float32())

FILES = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),  # null if the file is ignored or could not be read
        ("label_raw", _TEXT),  # as spelt by ingest.metadata, ingest.label or a folder's name; null if none gives a label
        ("subset_raw", _TEXT),  # train, val or test, if the path (or the column Usage) gives one; else null
        ("subject", _TEXT),
        ("size_bytes", _INT),
        ("ignored", _TEXT),  # why the file is left out (hidden, system file, not an image); null for images
        ("error", _TEXT),  # why the file could not be read; null if it could
        ("metadata", _TEXT),  # further columns of ingest.metadata as one JSON object
        ("part", _TEXT),  # the part of the test split, such as PublicTest; null for most files
        ("votes", _TEXT),  # labels as spelt with the number of their votes, as one JSON object; null if there is no table of votes for it
    ]
)
# The faces that a data set's own files mark, for faces.detector: given. It is a table of its own, so that `align` depends on nothing else
# that `ingest` writes.
BOXES = pa.schema(
    [
        ("path", _TEXT),
        ("box", pa.list_(_FLOAT)),  # left, top, right, bottom as shares of the upright image's width and height
    ]
)
# The files of the source, which DVC compares instead of the source itself, in reading order.
INVENTORY = pa.schema(
    [
        ("path", _TEXT),
        ("size_bytes", _INT),
        ("sha256", _TEXT),  # null if the file must not or cannot be read
        ("note", _TEXT),  # why the file must not or cannot be read; else null
    ]
)
BLOBS = pa.schema([("sample_id", _TEXT), ("bytes", _BYTES)])
IMAGES = pa.schema(
    [
        ("sample_id", _TEXT),
        ("image", _BYTES),  # encoded, upright, sRGB; one channel for images without colour (encoding.stored_image returns three)
        ("width_px", _INT),
        ("height_px", _INT),
        ("source_format", _TEXT),
        ("pixel_sha256", _TEXT),  # hash of the upright RGB pixels and the image's size, before any reduction
        ("phash", pa.uint64()),
        ("phash_mirrored", pa.uint64()),
        ("thumbnail", _BYTES),  # grey levels, THUMBNAIL_PX × THUMBNAIL_PX uint8, for comparing images
        ("sharpness", _FLOAT),  # variance of the Laplacian of the grey image
        ("brightness", _FLOAT),  # mean grey level, 0-255
        ("contrast", _FLOAT),  # standard deviation of the grey levels
    ]
)
# An unfit image (too small, blank) is decodable and is also stored, because an official test split keeps it.
REJECTED = pa.schema([("sample_id", _TEXT), ("reason", _TEXT), ("detail", _TEXT), ("decodable", _FLAG)])
DUPLICATES = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),
        ("group_id", _TEXT),  # the group of files that show the same picture: the group's smallest sample_id
        ("scene_id", _TEXT),  # the scene, which contains whole groups: the scene's smallest sample_id
        ("kind", _TEXT),  # exact, pixel, near, mirrored; null for a file without duplicate
        ("twin_path", _TEXT),  # the nearest duplicate: another file of the group
        ("distance", _INT),  # Hamming distance of the two perceptual hashes, bits
        ("correlation", _FLOAT),  # correlation of the texture after registration
        ("agreement", _FLOAT),  # local correlation that is exceeded in all but a tenth of the image's middle
    ]
)
# Pairs of images with different contents. Each image is identified by the first of its files, sorted by path.
PAIRS = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),
        ("other_path", _TEXT),
        ("other_id", _TEXT),
        ("relation", _TEXT),  # near or mirrored: the same picture; scene: another exposure
        ("disputed", _FLAG),  # whether the two labels, as spelt, differ
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
        ("subset", _TEXT),  # train, val, test or null, as given by the source
        ("subject", _TEXT),
        ("group_id", _TEXT),
        ("scene_id", _TEXT),
        # For files of an official test split: duplicate, conflict, blank, too_small. no_majority: the label is a guess, so only to train.
        ("flag", _TEXT),
        ("part", _TEXT),  # the part of the test split; null for most files
        ("shares", _SHARES),  # share of the votes for each class that is kept (labels.classes without labels.drop); null without votes
    ]
)
# The fates of the files that a stage removed (or, in data/fates.parquet, of every file).
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
        ("box", pa.list_(pa.float32())),  # left, top, right, bottom in the stored image (not rotated), px; null if all of it is used
        ("landmarks", pa.list_(pa.float32())),  # x, y of left eye, right eye, nose, left and right mouth corner in the square, px
        ("score", _FLOAT),  # the detector's score; null if the whole image is used
        ("num_faces", _INT),  # number of faces found; null without detection
        ("turn_deg", _INT),  # clockwise rotation that makes the face upright: 0, 90, 180, 270; null without detection
    ]
)
SPLITS = pa.schema(
    [
        ("path", _TEXT),  # unique; sample_id is not unique if an official test split contains copies
        ("sample_id", _TEXT),
        ("label", _TEXT),
        ("split", _TEXT),  # train, val, test
        ("group_id", _TEXT),
        ("scene_id", _TEXT),
        ("subject", _TEXT),
        ("flag", _TEXT),  # null if there is no fault; else duplicate, conflict, blank, too_small, no_face (official test only)
        ("part", _TEXT),
        ("shares", _SHARES),
    ]
)
PREDICTIONS = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),
        ("label", _TEXT),
        ("split", _TEXT),  # test; for the model's first seed also val, on which its temperature is fitted
        ("seed", _INT),  # seed of the training; rows of the model's first seed come first
        ("predicted", _TEXT),
        ("logits", pa.list_(pa.float32())),
        ("flag", _TEXT),
    ]
)
# Of the model's first seed, for test and validation images, after division by the temperature: what an ensemble is made of. A table of
# its own, because an ensemble writes to the folder of PREDICTIONS and cannot depend on it, and DVC lists no dependency per member.
CALIBRATED = pa.schema(
    [
        ("path", _TEXT),
        ("sample_id", _TEXT),
        ("label", _TEXT),
        ("split", _TEXT),  # test, val
        ("log_probabilities", pa.list_(pa.float32())),
    ]
)
# Of a teacher (models.NAME, its first seed) for every training image, in the order of data/splits.parquet.
TEACHINGS = pa.schema([("sample_id", _TEXT), ("log_probabilities", pa.list_(pa.float32()))])
# Small images for pages and sheets, stored next to the JSON or CSV that refers to them.
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
    """The options for writing Parquet files of `schema`: columns of images and blobs are not compressed, all others are."""
    uncompressed = {"image", "bytes", "thumbnail"}
    return {
        "compression": {field.name: "none" if field.name in uncompressed else compression for field in schema},
        "use_dictionary": [name for name in schema.names if name not in uncompressed],
        # The statistics of a column contain its smallest and largest value, which would be useless copies of two whole files.
        "write_statistics": [name for name in schema.names if name not in uncompressed],
    }


def read_table(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pd.DataFrame:
    """Reads the table at `path` as a data frame, with nulls as None. Raises TableError if it is missing or does not match `schema`."""
    table = read_arrow(path, schema, columns)
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    others: pd.DataFrame = table.drop_columns(texts).to_pandas()
    found = _shared_texts(table.select(texts)) | dict(others.where(~others.isna(), None).items())
    return pd.DataFrame({name: found[name] for name in table.column_names})


def _shared_texts(table: pa.Table) -> dict[str, pd.Series]:
    """The columns of texts, in which equal texts are one object: a million labels, or sample_ids in several columns, need little memory."""
    known: dict[str, str] = {}
    found = {}
    for name in table.column_names:
        encoded = table.column(name).combine_chunks().dictionary_encode()
        values = np.array([*(known.setdefault(text, text) for text in encoded.dictionary.to_pylist()), None], dtype=object)
        found[name] = pd.Series(values[encoded.indices.fill_null(len(values) - 1).to_numpy()], dtype=object)
    return found


def read_predictions(path: Path, *, split: str = "test", columns: list[str] | None = None) -> pd.DataFrame:
    """Reads a model's predictions for one split, by the first seed, whose weights the model has. Raises TableError as `read_table` does."""
    rows = read_table(path, PREDICTIONS, None if columns is None else [*dict.fromkeys([*columns, "split", "seed"])])
    first = rows["seed"].iloc[:1]  # empty if the table is empty
    own: pd.DataFrame = rows[(rows["split"] == split) & rows["seed"].isin(first)].reset_index(drop=True)
    return own if columns is None else own[columns]


def read_arrow(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """Reads the table at `path`. Raises TableError if it is missing or does not match `schema`."""
    check_table(path, schema)
    with pq.ParquetFile(path) as file:  # pq.read_table takes four times as long for a small table
        table = file.read(columns)
    return table if columns is None else table.select(columns)


def check_table(path: Path, schema: pa.Schema) -> None:
    """Raises TableError if the table at `path` is missing, is damaged or does not match `schema`."""
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
