"""Archives and tables inside a source: their files are files of the source, under the archive's own path."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO

from mien.data.sources.entry import Entry, UnreadableArchive, error_reason
from mien.data.sources.junk import system_file_reason
from mien.data.sources.pixel_csv import is_pixel_table, pixel_csv_entries
from mien.data.sources.tar_archive import tar_entries
from mien.data.sources.zip_archive import zip_entries

DEEPEST = 3  # archives in one another: an archive of archives of archives is opened, what is in these is not
_LARGEST_BYTES = 64 * 2**30
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")

Opened = Callable[..., Iterator[Entry]]


def expanded(entries: Iterator[Entry], *, depth: int = 0) -> Iterator[Entry]:
    """The `entries` with those that are archives or pixel tables replaced by the files in them.

    One that cannot be read, or not to its end, is an entry of its own with the reason, beside what was read before. Archives deeper than DEEPEST
    stay what they are.
    """
    for entry in entries:
        reader = None if entry.ignored or entry.error or system_file_reason(entry.path) else _reader(entry)
        if reader is None or depth >= DEEPEST:
            yield entry
            continue
        try:
            with _seekable(entry) as file:
                for inner in expanded(reader(file, name=entry.path), depth=depth + 1):
                    yield replace(inner, path=f"{entry.path}/{inner.path}", place=None)
        except UnreadableArchive as error:
            yield replace(entry, error=f"unreadable archive: {error}")
        except Exception as error:  # decompressors raise more kinds than they document
            yield replace(entry, error=f"unreadable archive: {error_reason(error)}")


def _reader(entry: Entry) -> Opened | None:
    """What lists the files in an archive or pixel table, None if the entry is neither by its name."""
    name = entry.path.lower()
    if name.endswith(".zip"):
        return zip_entries
    if name.endswith(_TAR):
        return tar_entries
    return pixel_csv_entries if name.endswith((".csv", ".tsv")) and _is_table(entry) else None


def _is_table(entry: Entry) -> bool:
    try:
        with entry.open() as file:
            return is_pixel_table(file)
    except Exception:  # said when it is read
        return False


@contextmanager
def _seekable(entry: Entry) -> Iterator[IO[bytes]]:
    """The file itself if it lies on disk, else a temporary copy, which is gone afterwards."""
    if entry.place is not None:
        with entry.place.open("rb") as file:
            yield file
        return
    if (entry.size_bytes or 0) > _LARGEST_BYTES:
        raise UnreadableArchive(f"is larger than {_LARGEST_BYTES // 2**30} GiB; unpack the archive that holds it")
    with tempfile.TemporaryFile() as copy:
        with entry.open() as file:
            shutil.copyfileobj(file, copy, 2**20)
        copy.seek(0)
        yield copy
