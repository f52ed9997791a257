"""Image stores: a folder of sixteen Parquet shards, 0.parquet to f.parquet.

The first hex digit of `sample_id` determines the shard, and rows are sorted by `sample_id`. There are few large files because DVC is
slow with many small ones, and sixteen so that shards can be processed in parallel.
"""

from collections.abc import Collection
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mien.core.files import replacing_file
from mien.store.tables import check_table, parquet_options, read_arrow, write_table

DIGITS = "0123456789abcdef"


def shard_path(folder: Path, digit: str) -> Path:
    """The path of one shard."""
    return folder / f"{digit}.parquet"


def write_shard(folder: Path, digit: str, rows: pa.Table, schema: pa.Schema) -> None:
    """Writes one shard with its rows sorted by sample_id. Empty shards are written too, so that a store always has sixteen."""
    ids = rows.column("sample_id").to_pylist()
    assert all(name.startswith(digit) for name in ids) and len(set(ids)) == len(ids), f"shard {digit}: foreign or repeated sample_id"
    write_table(shard_path(folder, digit), rows.sort_by("sample_id"), schema)


def read_shard(folder: Path, digit: str, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """Reads one shard, whose rows are sorted by sample_id. Raises TableError as `read_arrow` does."""
    return read_arrow(shard_path(folder, digit), schema, columns)


def read_store(folder: Path, schema: pa.Schema, columns: list[str] | None = None, keep: Collection[str] | None = None) -> pa.Table:
    """Reads all shards as one table sorted by sample_id. If `keep` is given, only those samples are included."""
    wanted = None if keep is None else pa.array(sorted(set(keep)), pa.string())
    parts = []
    for digit in DIGITS:
        part = read_shard(folder, digit, schema, columns)
        parts.append(part if wanted is None else part.filter(pc.is_in(part.column("sample_id"), value_set=wanted)))
    return pa.concat_tables(parts)


class ShardWriter:
    """Writes one shard row group by row group, for stores that do not fit in memory. Rows must be given sorted by sample_id."""

    def __init__(self, folder: Path, digit: str, schema: pa.Schema) -> None:
        self._digit, self._schema, self._last = digit, schema, ""
        self._stack = ExitStack()
        temporary = self._stack.enter_context(replacing_file(shard_path(folder, digit)))
        self._writer = self._stack.enter_context(pq.ParquetWriter(temporary, schema, **parquet_options(schema)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, rows: pa.Table) -> None:
        """Appends `rows` (at least one) as one row group."""
        ids = [self._last, *rows.column("sample_id").to_pylist()]
        assert all(first < second for first, second in pairwise(ids)), f"shard {self._digit}: rows are not sorted"
        assert all(name.startswith(self._digit) for name in ids[1:]), f"shard {self._digit}: foreign sample_id"
        self._last = ids[-1]
        self._writer.write_table(rows.select(self._schema.names).cast(self._schema), row_group_size=len(ids))


def row_group_sizes(folder: Path, digit: str, schema: pa.Schema) -> list[int]:
    """The number of rows of each row group of one shard. Raises TableError if the shard is missing or does not match `schema`."""
    check_table(shard_path(folder, digit), schema)
    metadata = pq.read_metadata(shard_path(folder, digit))
    return [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]


def read_row_group(folder: Path, digit: str, index: int) -> pa.Table:
    """Reads one row group of a shard, whose rows are sorted by sample_id."""
    with pq.ParquetFile(shard_path(folder, digit), memory_map=True, pre_buffer=False) as file:  # avoids a second copy of large values
        return file.read_row_group(index)
