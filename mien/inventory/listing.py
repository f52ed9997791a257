"""What the source consists of, file by file, with the SHA-256 of each: what DVC compares in place of the source itself.

DVC would walk a folder before any stage sees it, and a name that is no UTF-8, a dangling link, an unreadable file or a pipe would end the run
with a message of its own, or with none. Here each of these is a row.
"""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mien.core.parallel import num_processes
from mien.ingest.sources.entry import error_reason
from mien.ingest.sources.walk import Found, walk
from mien.inventory.known import Known

BLOCK_BYTES = 2**20


def files_of(source: Path) -> list[Found]:
    """The files of a folder, or the one file that the source is. Raises SourceError as `walk`."""
    if source.is_dir():
        return list(walk(source))
    status = source.stat()
    return [Found(source.resolve(), source.name, status.st_size, status.st_mtime_ns, status.st_ino)]


def rows_of(files: Iterable[Found], known: Known, *, workers: int) -> list[dict[str, Any]]:
    """Rows of INVENTORY, in the order of `files`. Only files that `known` does not have are read, with a progress bar of their bytes."""
    files = list(files)
    sha256s = {index: known.sha256(file) for index, file in enumerate(files)}
    unread = [index for index, sha256 in sha256s.items() if sha256 is None and files[index].size_bytes is not None]
    errors: dict[int, str] = {}
    total = sum(files[index].size_bytes or 0 for index in unread)
    # Threads, because reading and hashing leave Python's lock.
    with (
        ThreadPoolExecutor(num_processes(workers)) as pool,
        tqdm(total=total, desc="inventory", unit="B", unit_scale=True, disable=not unread) as bar,
    ):
        for index, result in zip(unread, pool.map(_read, [files[index].place for index in unread]), strict=True):
            bar.update(files[index].size_bytes or 0)
            if isinstance(result, str):
                sha256s[index] = result
                known.add(files[index], result)
            else:
                errors[index] = error_reason(result)
    return [
        {
            "path": file.path,
            "size_bytes": file.size_bytes,
            "sha256": sha256s[index],
            "note": file.ignored or file.error or errors.get(index),
        }
        for index, file in enumerate(files)
    ]


def _read(path: Path) -> str | OSError:
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        return error
    return digest.hexdigest()
