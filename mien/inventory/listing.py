"""Lists the files of the source with the SHA-256 of each. DVC compares this list instead of the source itself.

If the source were a DVC dependency, DVC would walk it before any stage runs, and a name that is not UTF-8, a dangling link, an
unreadable file or a pipe would stop the run with DVC's own message, or with none. Here each of these becomes a row.
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
_AT_ONCE = 4096  # files that wait for a thread, each of which takes about a kilobyte


def files_of(source: Path) -> list[Found]:
    """The files of a folder, or the source itself if it is a single file. Raises SourceError as `walk` does."""
    if source.is_dir():
        return list(walk(source))
    status = source.stat()
    return [Found(source.resolve(), source.name, status.st_size, status.st_mtime_ns, status.st_ino)]


def rows_of(files: Iterable[Found], known: Known, *, workers: int) -> list[dict[str, Any]]:
    """Rows of INVENTORY, in the order of `files`. Only files without a hash in `known` are read; a progress bar counts their bytes."""
    files = list(files)
    sha256s = {index: known.sha256(file) for index, file in enumerate(files)}
    unread = [index for index, sha256 in sha256s.items() if sha256 is None and files[index].size_bytes is not None]
    errors: dict[int, str] = {}
    total = sum(files[index].size_bytes or 0 for index in unread)
    # Threads suffice, because reading and hashing release Python's global interpreter lock.
    with (
        ThreadPoolExecutor(num_processes(workers)) as pool,
        tqdm(total=total, desc="inventory", unit="B", unit_scale=True, disable=not unread) as bar,
    ):
        for start in range(0, len(unread), _AT_ONCE):
            batch = unread[start : start + _AT_ONCE]
            for index, result in zip(batch, pool.map(_read, [files[index].place for index in batch]), strict=True):
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
