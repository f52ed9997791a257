"""Where encoded images stand in the shards of a store, so that any of them can be read without the others.

Parquet stores an uncompressed column of bytes as it is: each value after its length, and now and then the head of a page. An image is
therefore a piece of the file, which `locate` finds behind the one before it. That needs no copy of the images on the disk.
"""

import os
import resource
import weakref
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mien.core.outputs import damaged
from mien.store.shards import shard_path, shards_of
from mien.store.tables import check_table

ROWS = 64
"""rows that are read at a time"""
OTHER_FILES = 512
"""files that may be opened besides the shards"""
HEAD = 2**16
"""bytes that may lie between two images: the head of a page, far less than this"""


class OpenShards:
    """The shards of a store as open files: they stay as they were opened, even if `dvc repro` replaces them."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        """Raises TableError if a shard is missing or does not match `schema`, which has the columns sample_id and image."""
        self.paths = [shard_path(folder, prefix) for prefix in shards_of(folder)]
        _allow_files(len(self.paths))
        self._files: list[int] = []
        weakref.finalize(self, _close, self._files)
        for path in self.paths:
            check_table(path, schema)
            self._files.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def read(self, shard: int, offset: int, length: int) -> bytes:
        """Bytes of one shard, fewer at its end; any number of threads and of forked processes may read at the same time."""
        return os.pread(self._files[shard], length, offset)


@dataclass(frozen=True)
class Places:
    """Where each of N images stands, 14 bytes per image."""

    shards: OpenShards
    shard_N: NDArray[np.uint16]
    offset_N: NDArray[np.int64]
    length_N: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.shard_N)

    def __getitem__(self, rows: slice | list[int] | NDArray[np.int64]) -> Self:
        return type(self)(self.shards, self.shard_N[rows], self.offset_N[rows], self.length_N[rows])

    def read(self, row: int) -> bytes:
        """One encoded image."""
        content = self.shards.read(int(self.shard_N[row]), int(self.offset_N[row]), int(self.length_N[row]))
        if len(content) != self.length_N[row]:
            raise damaged(self.shards.paths[self.shard_N[row]], "was cut off while it was read")
        return content


def locate(shards: OpenShards, wanted: Collection[str]) -> Iterator[tuple[str, int, int, bytes]]:
    """Yields sample_id, number of the shard, offset and content of each wanted image. Few rows are in memory at a time.

    Raises TableError if an image does not stand in its shard as it is, which is so in every shard that mien writes.
    """
    for number, path in enumerate(shards.paths):
        with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
            for group in range(file.num_row_groups):
                end = _first_page(file.metadata.row_group(group))
                for batch in file.iter_batches(ROWS, row_groups=[group], columns=["sample_id", "image"]):
                    for name, image in zip(batch.column("sample_id").to_pylist(), batch.column("image"), strict=True):
                        content = image.as_py()
                        start = _behind(shards, number, end, content)
                        end = start + len(content)
                        if name in wanted:
                            yield name, number, start, content


def _first_page(group: pq.RowGroupMetaData) -> int:
    columns = (group.column(number) for number in range(group.num_columns))
    return next(int(column.data_page_offset) for column in columns if column.path_in_schema == "image")


def _behind(shards: OpenShards, number: int, end: int, content: bytes) -> int:
    """Where `content` begins: right behind `end` and its length, or behind the head of a page that lies between."""
    value = len(content).to_bytes(4, "little") + content
    if shards.read(number, end, len(value)) == value:
        return end + 4
    place = shards.read(number, end, HEAD + len(value)).find(value)
    if place < 0:
        raise damaged(shards.paths[number], "has images that are compressed or encoded")
    return end + place + 4


def _allow_files(num_more: int) -> None:
    """Raises this process's limit of open files if `num_more` would exceed it, as two stores of 4,096 shards do under usual limits."""
    num = len(list(Path("/proc/self/fd").iterdir())) + num_more + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < num:
        resource.setrlimit(resource.RLIMIT_NOFILE, (num if hard == resource.RLIM_INFINITY else min(num, hard), hard))


def _close(files: list[int]) -> None:
    for file in files:
        os.close(file)
