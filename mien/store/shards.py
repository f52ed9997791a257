"""Image stores: a folder of Parquet shards by the first hex digits of `sample_id`, with rows sorted by it.

There are few large files because DVC is slow with many small ones, and several so that shards can be processed in parallel. A store has 16,
256 or 4,096 shards: `num_digits` chooses. With one digit they are 0.parquet to f.parquet. With more digits each of these is a folder, which
holds the shards of its digit (0.parquet/00.parquet to f.parquet/ff.parquet), so that dvc.yaml can name the same sixteen paths for every
store. The number of digits changes neither the rows of a store nor their order, and is found by listing the folder.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from itertools import pairwise, product
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mien.core.files import replacing_file
from mien.core.outputs import damaged, missing
from mien.store.tables import check_table, parquet_options, read_arrow, write_table

DIGITS = "0123456789abcdef"
MOST_DIGITS = 3
MOST_BYTES = 256 * 2**20  # of a shard, by the estimate of num_digits
ROW_BYTES = 4096  # what a row of IMAGES has beside the file: thumbnail, hashes, quality, and the growth of small images stored as PNG


def num_digits(num_contents: int, num_bytes: int) -> int:
    """The number of hex digits in the names of a store's shards, by the number of different contents and their bytes in the source.

    It is the least (1 to MOST_DIGITS) for which a shard is estimated at MOST_BYTES or less. Shards are estimated as large as images at
    their original size with ROW_BYTES each, so 16 shards hold 4 GiB (such as 700,000 images of 48 px), and 256 shards 64 GiB.
    """
    estimate = num_bytes + ROW_BYTES * num_contents
    return next((digits for digits in range(1, MOST_DIGITS) if estimate <= MOST_BYTES * 16**digits), MOST_DIGITS)


def prefixes(digits: int) -> tuple[str, ...]:
    """The prefixes of `sample_id` that name the shards of a store with this number of digits, in order."""
    return tuple(map("".join, product(DIGITS, repeat=digits)))


def shard_path(folder: Path, prefix: str) -> Path:
    """The path of one shard."""
    path = folder / f"{prefix[0]}.parquet"
    return path if len(prefix) == 1 else path / f"{prefix}.parquet"


def shards_of(folder: Path) -> tuple[str, ...]:
    """The prefixes of the shards of a store, in order. Raises TableError if a shard is missing or has another number of digits."""
    nested = {digit: (folder / f"{digit}.parquet").is_dir() for digit in DIGITS}
    if not any(nested.values()):
        found = set(DIGITS)  # whoever reads a shard that is missing names it
        wanted = found
    else:
        found = {digit for digit in DIGITS if (folder / f"{digit}.parquet").is_file()}
        inside = (path for digit, is_folder in nested.items() if is_folder for path in (folder / f"{digit}.parquet").iterdir())
        found |= {path.stem for path in inside if path.suffix == ".parquet" and not path.name.startswith(".")}
        wanted = set(prefixes(min(max(map(len, found), default=MOST_DIGITS), MOST_DIGITS)))
    if strange := sorted(found - wanted):
        raise damaged(folder, f"mixes stores: {shard_path(folder, strange[0])} is no shard of a store with {len(wanted)} shards")
    if lost := sorted(wanted - found):
        raise missing(shard_path(folder, lost[0]))
    return tuple(sorted(wanted))


def divided(sample_ids: Iterable[str], shards: Sequence[str]) -> dict[str, frozenset[str]]:
    """The `sample_ids` of each of the `shards`, which are all those of a store."""
    found: dict[str, list[str]] = {prefix: [] for prefix in shards}
    digits = len(shards[0])
    for sample_id in sample_ids:
        found[sample_id[:digits]].append(sample_id)
    return {prefix: frozenset(own) for prefix, own in found.items()}


def write_shard(folder: Path, prefix: str, rows: pa.Table, schema: pa.Schema) -> None:
    """Writes one shard with its rows sorted by sample_id. Empty shards are written too, so that a store always has all of them."""
    ids = rows.column("sample_id").to_pylist()
    assert all(name.startswith(prefix) for name in ids) and len(set(ids)) == len(ids), f"shard {prefix}: foreign or repeated sample_id"
    write_table(shard_path(folder, prefix), rows.sort_by("sample_id"), schema)


def read_shard(folder: Path, prefix: str, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """Reads one shard, whose rows are sorted by sample_id. Raises TableError as `read_arrow` does."""
    return read_arrow(shard_path(folder, prefix), schema, columns)


def read_store(folder: Path, schema: pa.Schema, columns: list[str] | None = None, keep: Collection[str] | None = None) -> pa.Table:
    """Reads all shards as one table sorted by sample_id. If `keep` is given, only those samples are included."""
    wanted = None if keep is None else pa.array(sorted(set(keep)), pa.string())
    parts = []
    for prefix in shards_of(folder):
        part = read_shard(folder, prefix, schema, columns)
        parts.append(part if wanted is None else part.filter(pc.is_in(part.column("sample_id"), value_set=wanted)))
    return pa.concat_tables(parts)


class ShardWriter:
    """Writes one shard row group by row group, for stores that do not fit in memory. Rows must be given sorted by sample_id."""

    def __init__(self, folder: Path, prefix: str, schema: pa.Schema) -> None:
        self._prefix, self._schema, self._last = prefix, schema, ""
        self._stack = ExitStack()
        temporary = self._stack.enter_context(replacing_file(shard_path(folder, prefix)))
        self._writer = self._stack.enter_context(pq.ParquetWriter(temporary, schema, **parquet_options(schema)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, rows: pa.Table) -> None:
        """Appends `rows` (at least one) as one row group."""
        ids = [self._last, *rows.column("sample_id").to_pylist()]
        assert all(first < second for first, second in pairwise(ids)), f"shard {self._prefix}: rows are not sorted"
        assert all(name.startswith(self._prefix) for name in ids[1:]), f"shard {self._prefix}: foreign sample_id"
        self._last = ids[-1]
        self._writer.write_table(rows.select(self._schema.names).cast(self._schema), row_group_size=len(ids))


def row_group_sizes(folder: Path, prefix: str, schema: pa.Schema) -> list[int]:
    """The number of rows of each row group of one shard. Raises TableError if the shard is missing or does not match `schema`."""
    check_table(shard_path(folder, prefix), schema)
    metadata = pq.read_metadata(shard_path(folder, prefix))
    return [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]


def read_row_group(folder: Path, prefix: str, index: int, columns: list[str] | None = None) -> pa.Table:
    """Reads one row group of a shard, whose rows are sorted by sample_id."""
    with pq.ParquetFile(shard_path(folder, prefix), memory_map=True, pre_buffer=False) as file:  # avoids a second copy of large values
        return file.read_row_group(index, columns)
