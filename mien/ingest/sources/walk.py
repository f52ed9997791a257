"""Walks a folder and yields every file below it once. Links are followed, except those that form loops or lead to system folders."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.core.errors import SourceError
from mien.ingest.layout import shown_path
from mien.ingest.sources.entry import error_reason
from mien.ingest.sources.junk import IMAGE_SUFFIXES

# A link into one of these folders was not made to collect photographs, and reading there can hang or reveal secrets.
_SYSTEM_PLACES = tuple(
    Path(place) for place in ("/proc", "/sys", "/dev", "/run", "/etc", "/boot", "/usr", "/bin", "/sbin", "/lib", "/lib64")
)


@dataclass(frozen=True)
class Found:
    """A file, or a folder that could not be entered.

    `place` is the path on disk and `path` the path as shown; `ignored` or `error` is the reason why it must not be opened.
    """

    place: Path
    path: str
    size_bytes: int | None = None
    mtime_ns: int | None = None
    inode: int | None = None
    ignored: str | None = None
    error: str | None = None


def walk(source: Path) -> Iterator[Found]:
    """Every file below the folder `source`, sorted by name; the files of a folder come before its sub-folders.

    A link to a file is followed wherever it leads, such as into DVC's cache or to another disk, except into system folders. A link to a
    folder outside the source is followed once: a folder that contains the source or has been read is not entered again, so that loops
    end and no file is read twice. Devices, pipes and sockets are listed but never opened, because reading one can block for ever.
    Raises SourceError if `source` itself cannot be listed.
    """
    try:
        os.scandir(source).close()
    except OSError as error:
        raise SourceError(f"ingest.source: {source} cannot be listed: {error.strerror}; check its permissions") from None
    root = source.resolve()
    entered: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in entered:
                yield _found(folder, root, ignored="link to a folder that is read already")
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as listing:
                children = sorted(listing, key=lambda child: child.name)
        except OSError as error:
            yield _found(folder, root, error=error_reason(error))
            continue
        folders = []
        for child in children:
            if child.is_dir(follow_symlinks=False):
                folders.append(Path(child.path))
            elif child.is_symlink():
                found = _link(Path(child.path), root)
                if found is None:
                    folders.append(Path(child.path))
                else:
                    yield found
            else:
                yield _file(Path(child.path), root)
        waiting.extend(reversed(folders))


def _link(path: Path, root: Path) -> Found | None:
    """The target of a link as Found; None if it is a folder to enter."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # the target does not exist, or the links form a circle
        # If the name is that of an image, a photograph is missing, and this must be reported as an error.
        is_image = path.suffix.lower().removeprefix(".") in IMAGE_SUFFIXES
        return _found(path, root, **{"error" if is_image else "ignored": "broken link"})
    if any(target.is_relative_to(place) for place in _SYSTEM_PLACES):
        return _found(path, root, ignored="link to a system place")
    if not target.is_dir():
        return _file(path, root)
    if root.is_relative_to(target):
        return _found(path, root, ignored="link in a circle")
    if target.is_relative_to(root):
        return _found(path, root, ignored="link to a folder that is read already")
    return None


def _file(path: Path, root: Path) -> Found:
    try:
        status = path.stat()
    except OSError as error:  # the folder may be listed but not entered, or the file was deleted meanwhile
        return _found(path, root, error=error_reason(error))
    if not stat.S_ISREG(status.st_mode):
        return _found(path, root, ignored="not a regular file")
    return Found(path, _shown(path, root), status.st_size, status.st_mtime_ns, status.st_ino)


def _found(path: Path, root: Path, *, ignored: str | None = None, error: str | None = None) -> Found:
    return Found(path, _shown(path, root), ignored=ignored, error=error)


def _shown(path: Path, root: Path) -> str:
    return shown_path(path.relative_to(root).as_posix())
