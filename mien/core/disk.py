"""Turns disk errors into one line: which file could not be written, why, how much space is free, and what to do."""

import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from mien.core.errors import MienError, StorageError
from mien.core.leftovers import final_path

ROOM = "make room there (`dvc gc --workspace` removes old results from DVC's cache), then run the same command again"
REFUSALS = {
    errno.ENOSPC: ("no space is left on the disk", ROOM),
    errno.EDQUOT: ("the disk quota is used up", ROOM),
    errno.EFBIG: (
        "the file is larger than this process may write",
        "raise the limit (`ulimit -f unlimited`), then run the same command again",
    ),
    errno.EROFS: ("the file system is read-only", "mount it for writing or work in another folder"),
    errno.EACCES: ("permission is denied", "give yourself access to the file and its folder"),
    errno.EPERM: ("the operation is not permitted", "give yourself access to the file and its folder"),
    errno.EIO: ("the disk reports an input/output error", "look at the disk's health and the system's log"),
    errno.EMFILE: ("this process has too many files open", "raise the limit (`ulimit -n 4096`), then run the same command again"),
    errno.ENFILE: ("the system has too many files open", "end other processes, then run the same command again"),
}
LITTLE = 2**16  # bytes; libraries write in blocks, so a full disk may still have up to a block of free space


def refusal(error: BaseException, path: Path | None = None) -> StorageError | None:
    """`error` as a StorageError if it was caused by a disk error, otherwise None.

    `path` is the temporary name of the file that was being written, if known. Libraries wrap the OSError (torch raises a RuntimeError with
    the OSError as cause or context), and some drop it; in that case the reason is derived from the state of the disk.
    """
    if isinstance(error, MienError):
        return None
    chain = list(_chain(error))
    if any(isinstance(each, FileNotFoundError) and "usable temporary directory" in str(each) for each in chain):  # from `tempfile`
        return StorageError("no folder for temporary files can be written; make room in /tmp, or set TMPDIR to a folder that has some")
    code, named = next(
        ((each.errno, each.filename) for each in chain if isinstance(each, OSError) and each.errno in REFUSALS), (None, None)
    )
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if code is None and limit != resource.RLIM_INFINITY and any(isinstance(each, OSError) and each.errno == 0 for each in chain):
        code = errno.EFBIG  # from glibc's sem_open if the limit is too small for a semaphore, which workers need
    if code is None and path is not None and isinstance(error, RuntimeError | OSError):
        code = _deduced(path)
    return None if code is None else StorageError(_text(code, path, named))


def _text(code: int, path: Path | None, named: object) -> str:
    reason, remedy = REFUSALS[code]
    if path is None:
        what = (
            f"{final_path(Path(os.fsdecode(named)))}: {reason}"
            if isinstance(named, str | bytes)
            else f"a file could not be written: {reason}"
        )
        return f"{what}; {remedy}"
    sizes = [f"{shown(_free_bytes(path) + sum(map(_size, _files(path))))} free without it"]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if code == errno.EFBIG and limit != resource.RLIM_INFINITY:
        sizes.append(f"limit {shown(limit)}")
    return f"{final_path(path)} could not be written: {reason} ({', '.join(sizes)}); nothing half-written remains; {remedy}"


def shown(num_bytes: int) -> str:
    """A number of bytes in a human-readable unit."""
    size, units = float(num_bytes), ["bytes", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" else f"{size:.1f} {units[0]}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and the errors that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _deduced(path: Path) -> int | None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit != resource.RLIM_INFINITY and any(_size(file) >= limit for file in _files(path)):
        return errno.EFBIG
    return errno.ENOSPC if _free_bytes(path) < LITTLE else None


def _files(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _free_bytes(path: Path) -> int:
    place = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    state = os.statvfs(place)
    return state.f_bavail * state.f_frsize
