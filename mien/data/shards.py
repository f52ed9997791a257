"""Image stores: a folder of sixteen Parquet shards 0.parquet … f.parquet, by the first hex digit of `sample_id`, rows sorted by it.

Few large files, because DVC is slow on many small ones; sixteen, so that shards can be worked on in parallel.
"""

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mien.data.tables import read_arrow, write_table

DIGITS = "0123456789abcdef"


def shard_path(folder: Path, digit: str) -> Path:
    """The file of one shard."""
    return folder / f"{digit}.parquet"


def write_shard(folder: Path, digit: str, rows: pa.Table, schema: pa.Schema) -> None:
    """Writes one shard, rows sorted by sample_id. An empty shard is written too, so that a store always has sixteen."""
    ids = rows.column("sample_id").to_pylist()
    assert all(name.startswith(digit) for name in ids) and len(set(ids)) == len(ids), f"shard {digit}: foreign or repeated sample_id"
    write_table(shard_path(folder, digit), rows.sort_by("sample_id"), schema)


def read_shard(folder: Path, digit: str, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """One shard, rows sorted by sample_id."""
    return read_arrow(shard_path(folder, digit), schema, columns)


def read_store(folder: Path, schema: pa.Schema, columns: list[str] | None = None, keep: Collection[str] | None = None) -> pa.Table:
    """All shards as one table sorted by sample_id; with `keep`, only those samples."""
    wanted = None if keep is None else pa.array(sorted(set(keep)), pa.string())
    parts = []
    for digit in DIGITS:
        part = read_shard(folder, digit, schema, columns)
        parts.append(part if wanted is None else part.filter(pc.is_in(part.column("sample_id"), value_set=wanted)))
    return pa.concat_tables(parts)
