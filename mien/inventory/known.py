"""Caches the hashes of files, so that an unchanged source is not read again at each `dvc repro`. DVC does the same for the files it tracks.

A file counts as unchanged if its path, size, modification time and inode are unchanged. The table is only a cache: DVC does not
track it, and without it every file is read again.
"""

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.core.files import replacing_file
from mien.ingest.sources.walk import Found

_SCHEMA = pa.schema([("key", pa.binary()), ("sha256", pa.string())])
# A file that was read right after it was written could change again within the resolution of its file system's clock, and the change
# would not be noticed (Git calls such files "racy").
_RACY_NS = 2 * 10**9


class Known:
    """The cache: `sha256` looks up files that were read before; `add` and `save` store hashes for the next run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before: dict[bytes, str] = {}
        self._now: dict[bytes, str] = {}
        try:
            table = pq.read_table(path, schema=_SCHEMA)
            self._before = dict(zip(table["key"].to_pylist(), table["sha256"].to_pylist(), strict=True))
        except (OSError, pa.ArrowException):  # it is missing or damaged, which does no harm to a cache
            pass

    def sha256(self, file: Found) -> str | None:
        """The hash of a file that has not changed since it was read; else None."""
        found = None if file.size_bytes is None else self._before.get(_key(file))
        if found is not None:
            self._now[_key(file)] = found
        return found

    def add(self, file: Found, sha256: str) -> None:
        """Stores the hash of a file just read, unless the file is so new that it may change again with the same modification time."""
        if file.mtime_ns is not None and time.time_ns() - file.mtime_ns > _RACY_NS:
            self._now[_key(file)] = sha256

    def save(self) -> None:
        """Writes the hashes of the files seen in this run, and drops all others."""
        if self._now == self._before:
            return
        table = pa.table([list(self._now), list(self._now.values())], schema=_SCHEMA)
        with replacing_file(self._path) as temporary:
            pq.write_table(table, temporary)


def _key(file: Found) -> bytes:
    return bytes(file.place) + f"\0{file.size_bytes}\0{file.mtime_ns}\0{file.inode}".encode()
