"""Collects the contents of a source into the raw store. Memory holds one file and one row group at a time, however large the source is."""

import hashlib
import io
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import pyarrow as pa

from mien.store.shards import DIGITS, ShardWriter, num_digits, prefixes
from mien.store.tables import BLOBS

# A row group is also the unit of work of `convert`, so it is small enough to keep many cores busy and the progress bar moving.
GROUP_ROWS = 256
GROUP_BYTES = 8 * 2**20

Place = tuple[str, tuple[int, int]]
"""A content's sample_id, and its offset and size in a temporary file."""


class BlobSpool:
    """Collects contents, in any order, in sixteen temporary files in `folder`; `write_store` then writes each content once, sorted.

    There are sixteen for any number of shards, which is only known at the end, and because few files may be open at once.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._files: dict[str, BinaryIO] = {digit: (folder / digit).open("w+b") for digit in DIGITS}
        self._places: dict[str, dict[str, tuple[int, int]]] = {digit: {} for digit in DIGITS}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for digit, file in self._files.items():
            file.close()
            (self._folder / digit).unlink(missing_ok=True)
        self._folder.rmdir()

    def __len__(self) -> int:
        return sum(map(len, self._places.values()))

    def add(self, content: bytes) -> str:
        """Returns the content's sample_id, and keeps the content if it is new."""
        sample_id = hashlib.sha256(content).hexdigest()
        places, file = self._places[sample_id[0]], self._files[sample_id[0]]
        if sample_id not in places:
            places[sample_id] = (file.tell(), len(content))
            file.write(content)
        return sample_id

    def content(self, sample_id: str) -> bytes:
        """The content of a sample_id."""
        (offset, size), file = self._places[sample_id[0]][sample_id], self._files[sample_id[0]]
        file.seek(offset)
        content = file.read(size)
        file.seek(0, io.SEEK_END)  # where `add` writes
        assert len(content) == size
        return content

    def keep_only(self, sample_ids: Collection[str]) -> None:
        """Forgets the contents of all other sample_ids."""
        for digit, places in self._places.items():
            self._places[digit] = {sample_id: place for sample_id, place in places.items() if sample_id in sample_ids}

    def write_store(self, folder: Path) -> None:
        """Writes the shards of BLOBS, as many as `num_digits` chooses for these contents.

        Each temporary file is emptied as soon as its shards are written, to save disk space.
        """
        num_bytes = sum(size for places in self._places.values() for _, size in places.values())
        shards = prefixes(num_digits(len(self), num_bytes))
        for digit, file in self._files.items():
            waiting = deque(sorted(self._places[digit].items()))
            for prefix in (name for name in shards if name.startswith(digit)):
                with ShardWriter(folder, prefix, BLOBS) as writer:
                    for group in _groups(waiting, prefix):
                        writer.write(_rows(group, file))
            file.truncate(0)


def _groups(waiting: deque[Place], prefix: str) -> Iterator[list[Place]]:
    """Takes the contents of one shard from the front of `waiting`, in row groups."""
    group, total = list[Place](), 0
    while waiting and waiting[0][0].startswith(prefix):
        sample_id, (offset, size) = waiting.popleft()
        if group and (len(group) == GROUP_ROWS or total + size > GROUP_BYTES):
            yield group
            group, total = [], 0
        group.append((sample_id, (offset, size)))
        total += size
    if group:
        yield group


def _rows(group: list[Place], file: BinaryIO) -> pa.Table:
    """The rows of a row group. All contents are read into one buffer, which is not copied again."""
    offsets = np.concatenate([[0], np.cumsum([size for _, (_, size) in group])])
    content = bytearray(int(offsets[-1]))
    for (_, (offset, size)), start in zip(group, offsets, strict=False):
        file.seek(offset)
        read = file.readinto(memoryview(content)[start : start + size])  # type: ignore[attr-defined]
        assert read == size
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(content)]
    contents = pa.Array.from_buffers(pa.binary(), len(group), buffers)
    return pa.table([[sample_id for sample_id, _ in group], contents], schema=BLOBS)
