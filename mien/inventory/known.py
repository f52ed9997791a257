"""The hashes of files that were read before, so that an unchanged source is not read at each `dvc repro`; as DVC does it with files of its own.

A file is taken for unchanged if its place, size, time of change and inode are. The table is a cache: it lies beside what DVC tracks, and
without it everything is read again.
"""

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.core.files import replacing_file
from mien.ingest.sources.walk import Found

_SCHEMA = pa.schema([("key", pa.binary()), ("sha256", pa.string())])
# A file that was written within the resolution of its file system's clock before it was read could change again unseen (Git's "racy" files).
_RACY_NS = 2 * 10**9


class Known:
    """`sha256` of what was read before; `add` and `save` for the next time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before: dict[bytes, str] = {}
        self._now: dict[bytes, str] = {}
        try:
            table = pq.read_table(path, schema=_SCHEMA)
            self._before = dict(zip(table["key"].to_pylist(), table["sha256"].to_pylist(), strict=True))
        except (OSError, pa.ArrowException):  # not there, or damaged: it is only a cache
            pass

    def sha256(self, file: Found) -> str | None:
        """The hash of a file that has not changed, else None."""
        found = None if file.size_bytes is None else self._before.get(_key(file))
        if found is not None:
            self._now[_key(file)] = found
        return found

    def add(self, file: Found, sha256: str) -> None:
        """Remembers what was read now, unless the file is so new that it may change again at the same time."""
        if file.mtime_ns is not None and time.time_ns() - file.mtime_ns > _RACY_NS:
            self._now[_key(file)] = sha256

    def save(self) -> None:
        """Writes what was seen this time, and forgets the rest."""
        if self._now == self._before:
            return
        table = pa.table([list(self._now), list(self._now.values())], schema=_SCHEMA)
        with replacing_file(self._path) as temporary:
            pq.write_table(table, temporary)


def _key(file: Found) -> bytes:
    return bytes(file.place) + f"\0{file.size_bytes}\0{file.mtime_ns}\0{file.inode}".encode()
