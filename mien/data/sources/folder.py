"""A folder, with all folders below it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mien.data.sources.entry import Entry, error_reason
from mien.data.sources.layout import shown_path
from mien.errors import SourceError


def folder_entries(source: Path) -> Iterator[Entry]:
    """Every file below `source`, folders in order of their names.

    Links to folders are not followed, so that loops end; links to files are followed inside the source only.
    Devices and pipes are never opened: reading one can wait for ever.
    """
    try:
        os.scandir(source).close()
    except OSError as error:
        raise SourceError(f"ingest.source: {source} cannot be listed: {error.strerror}; check its permissions") from None
    root = source.resolve()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                children = sorted(listing, key=lambda child: child.name)
        except OSError as error:
            yield _entry(folder, root, error=error_reason(error))
            continue
        for child in children:
            if not child.is_dir(follow_symlinks=False):
                yield _child_entry(child, root)
        waiting.extend(Path(child.path) for child in reversed(children) if child.is_dir(follow_symlinks=False))


def _child_entry(child: os.DirEntry[str], root: Path) -> Entry:
    path = Path(child.path)
    if child.is_symlink():
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):  # to nowhere, or in a circle
            return _entry(path, root, ignored="broken link")
        if not target.is_relative_to(root):
            return _entry(path, root, ignored="link out of the source")
        if target.is_dir():
            return _entry(path, root, ignored="link to a folder")
    try:
        status = path.stat()
    except OSError as error:  # a folder that may be listed and not entered, a file deleted meanwhile
        return _entry(path, root, error=error_reason(error))
    if not stat.S_ISREG(status.st_mode):
        return _entry(path, root, ignored="not a regular file")
    return _entry(path, root, size_bytes=status.st_size)


def _entry(path: Path, root: Path, *, size_bytes: int | None = None, ignored: str | None = None, error: str | None = None) -> Entry:
    return Entry(shown_path(path.relative_to(root).as_posix()), lambda: path.open("rb"), size_bytes, ignored, error)
