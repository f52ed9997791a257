"""Walking a folder: every file below it once, links that a person made included, loops and links to the system's own places left out."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.core.errors import SourceError
from mien.ingest.layout import shown_path
from mien.ingest.sources.entry import error_reason
from mien.ingest.sources.junk import IMAGE_SUFFIXES

# A link into one of these was not made to collect photographs, and reading there can hang or reveal secrets.
_SYSTEM_PLACES = tuple(
    Path(place) for place in ("/proc", "/sys", "/dev", "/run", "/etc", "/boot", "/usr", "/bin", "/sbin", "/lib", "/lib64")
)


@dataclass(frozen=True)
class Found:
    """A file, or what could not be entered: `place` on disk, `path` as shown; `ignored` or `error` says why it is not to be opened."""

    place: Path
    path: str
    size_bytes: int | None = None
    mtime_ns: int | None = None
    inode: int | None = None
    ignored: str | None = None
    error: str | None = None


def walk(source: Path) -> Iterator[Found]:
    """Every file below the folder `source`, in the order of the names, each folder's own files before its sub-folders.

    A link to a file is followed wherever it leads, such as into DVC's cache or to another disk, except into the system's own places. A link
    to a folder outside the source is followed once: a folder that contains the source or has been read is not entered again, so that loops
    end and no file is read twice. Devices, pipes and sockets are named and never opened, because reading one can wait for ever.
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
    """What a link leads to; None if it is a folder to enter."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # to nowhere, or in a circle
        # Behind the name of an image a photograph is missing, which its owner has to hear of.
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
    except OSError as error:  # in a folder that may be listed and not entered, or deleted meanwhile
        return _found(path, root, error=error_reason(error))
    if not stat.S_ISREG(status.st_mode):
        return _found(path, root, ignored="not a regular file")
    return Found(path, _shown(path, root), status.st_size, status.st_mtime_ns, status.st_ino)


def _found(path: Path, root: Path, *, ignored: str | None = None, error: str | None = None) -> Found:
    return Found(path, _shown(path, root), ignored=ignored, error=error)


def _shown(path: Path, root: Path) -> str:
    return shown_path(path.relative_to(root).as_posix())
