"""Collecting the contents of a source into the raw store, however large: memory holds one file and one row group at a time."""

import hashlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa

from mien.data.shards import DIGITS, ShardWriter
from mien.data.tables import BLOBS

# A row group is also convert's piece of work: small enough to keep many cores busy and the progress bar moving.
GROUP_ROWS = 256
GROUP_BYTES = 8 * 2**20


class BlobSpool:
    """Takes contents in any order into sixteen temporary files in `folder`; `write_store` then writes them sorted, once each."""

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
        """The content's sample_id; the content is kept if it is new."""
        sample_id = hashlib.sha256(content).hexdigest()
        places, file = self._places[sample_id[0]], self._files[sample_id[0]]
        if sample_id not in places:
            places[sample_id] = (file.tell(), len(content))
            file.write(content)
        return sample_id

    def write_store(self, folder: Path) -> None:
        """Writes the shards of BLOBS, each spool file leaving the disk as soon as its shard is there."""
        for digit, file in self._files.items():
            with ShardWriter(folder, digit, BLOBS) as writer:
                ids, contents, total = list[str](), list[bytes](), 0
                for sample_id, (offset, size) in sorted(self._places[digit].items()):
                    file.seek(offset)
                    ids.append(sample_id)
                    contents.append(file.read(size))
                    total += size
                    if len(ids) == GROUP_ROWS or total >= GROUP_BYTES:
                        writer.write(pa.table([ids, contents], schema=BLOBS))
                        ids, contents, total = [], [], 0
                if ids:
                    writer.write(pa.table([ids, contents], schema=BLOBS))
            file.truncate(0)
