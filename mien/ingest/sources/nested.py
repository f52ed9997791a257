"""Archives and tables inside a source. Their files become files of the source, with the archive's path in front of theirs."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import IO

from mien.core.disk import refusal
from mien.core.errors import StorageError
from mien.core.printable import one_line
from mien.ingest.sources.entry import Entry, UnreadableArchive, UnreadableEntry, error_reason
from mien.ingest.sources.junk import system_file_reason
from mien.ingest.sources.pixel_csv import columns_of, pixel_csv_entries
from mien.ingest.sources.split_archives import is_named_as_part, split_archive
from mien.ingest.sources.tar_archive import tar_entries
from mien.ingest.sources.unpacking_limit import Allowance, UnpacksTooLarge
from mien.ingest.sources.video import Videos
from mien.ingest.sources.zip_archive import zip_entries
from mien.store.pointers import stands_in
from mien.store.signatures import HEAD_BYTES

DEEPEST = 3  # levels of nested archives that are opened; an archive on the fourth level is not
_BLOCK_BYTES = 2**20
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
_TABLE = (".csv", ".tsv", ".csv.gz")

Opened = Callable[..., Iterator[Entry]]


@dataclass
class Context:
    """State shared by a whole source: how much its archives may unpack to, and whether a table with a column Usage was read,
    and how videos are read."""

    allowance: Allowance | None = None
    has_table: list[str] = field(default_factory=list)
    videos: Videos = field(default_factory=Videos)


def expanded(entries: Iterator[Entry], context: Context, *, depth: int = 0) -> Iterator[Entry]:
    """The `entries`, with archives and pixel tables replaced by the files in them.

    An archive that cannot be read, or not to its end, becomes an entry with the reason, in addition to the files read before.
    Archives deeper than DEEPEST are not opened. Some datasets contain the same images in several tables (Kaggle's contains
    icml_face_data.csv, train.csv and fer2013.csv): only the first table with a column Usage is read, and tables without that
    column are read only if no table has it.
    """
    waiting = []
    for entry in entries:
        entry = replace(entry, allowance=context.allowance) if context.allowance else entry
        name = entry.path.lower()
        if entry.ignored or entry.error or system_file_reason(entry.path):
            yield entry
        elif is_named_as_part(name.rpartition("/")[2]):
            yield replace(entry, error=f"unreadable archive: {split_archive(entry.path)}")
        elif name.endswith(_TABLE) and (columns := _columns(entry)):
            if "usage" in columns and not context.has_table:
                context.has_table.append(entry.path)
                yield from _opened(entry, pixel_csv_entries, context, depth)
            else:
                waiting.append(entry)
        elif name.endswith((".zip", *_TAR)) and depth < DEEPEST:
            yield from _opened(entry, zip_entries if name.endswith(".zip") else tar_entries, context, depth)
        elif context.videos.takes(entry.path):
            yield from _frames(entry, context.videos)
        else:
            yield entry
    for entry in waiting:
        if context.has_table:
            yield replace(entry, ignored=f"further pixel table beside {context.has_table[0]}")
        else:
            yield from _opened(entry, pixel_csv_entries, context, depth)


def _opened(entry: Entry, reader: Opened, context: Context, depth: int) -> Iterator[Entry]:
    """The files in one archive or table, or the entry itself with the reason if it cannot be read."""
    if entry.place is not None:
        context = replace(context, allowance=Allowance.of(entry.size_bytes or 0))
    try:
        with _seekable(entry) as file:
            if instead := stands_in(file.read(HEAD_BYTES)):
                raise UnreadableArchive(f"is a {instead} in place of the file")
            file.seek(0)
            is_empty = True
            for inner in expanded(reader(file, name=entry.path), context, depth=depth + 1):
                is_empty = False
                clip = None if inner.clip is None else f"{entry.path}/{inner.clip}"
                yield replace(inner, path=f"{entry.path}/{inner.path}", place=None, clip=clip)
            if is_empty:
                yield replace(entry, ignored="empty archive")
    except (UnreadableArchive, UnpacksTooLarge) as error:
        yield replace(entry, error=f"unreadable archive: {error}")
    except StorageError:  # the archive is sound: a full disk must stop the run, or the archive's photographs would be missing
        raise
    except Exception as error:  # decompressors raise more kinds of error than they document
        yield replace(entry, error=f"unreadable archive: {error_reason(error)}")


def _frames(entry: Entry, videos: Videos) -> Iterator[Entry]:
    """The frames of a video, and the entry itself with the reason if it cannot be read, or not to its end."""
    if (entry.size_bytes or 0) > videos.max_bytes:
        yield replace(entry, error=f"too large: more than {videos.max_bytes // 2**20} MiB (ingest.max_file_mb)")
        return
    try:
        with _seekable(entry) as file:
            if instead := stands_in(file.read(HEAD_BYTES)):
                raise UnreadableEntry(f"unreadable video: it is a {instead} in place of the file")
            file.seek(0)
            for inner in videos.entries(file, name=entry.path):
                yield replace(inner, path=f"{entry.path}/{inner.path}", allowance=entry.allowance)
    except UnreadableEntry as error:
        yield replace(entry, error=str(error))
    except UnpacksTooLarge as error:
        yield replace(entry, error=f"unreadable video: {error}")
    except StorageError:  # as in `_opened`
        raise
    except Exception as error:  # decoders raise more kinds of error than they document
        yield replace(entry, error=f"unreadable video: {error_reason(error)}")


def _columns(entry: Entry) -> set[str]:
    """The columns of a pixel table; an empty set if the entry is not a pixel table."""
    try:
        with entry.open() as file:
            return columns_of(file)
    except Exception:  # the fault is reported when the entry is read
        return set()


@contextmanager
def _seekable(entry: Entry) -> Iterator[IO[bytes]]:
    """The file itself if it is on disk, else a temporary copy, which is deleted afterwards."""
    if entry.place is not None:
        with entry.place.open("rb") as file:
            yield file
        return
    if entry.allowance:
        entry.allowance.take(entry.size_bytes or 0)
    with ExitStack() as stack:
        with _disk_refuses(entry):
            copy = stack.enter_context(tempfile.TemporaryFile())
        with entry.open() as file:
            while block := file.read(_BLOCK_BYTES):
                with _disk_refuses(entry):
                    copy.write(block)
        with _disk_refuses(entry):
            copy.seek(0)
        yield copy


@contextmanager
def _disk_refuses(entry: Entry) -> Iterator[None]:
    """Raises StorageError if writing the copy fails."""
    try:
        yield
    except OSError as error:
        told = refusal(error) or error
        raise StorageError(
            f"the archive {one_line(entry.path)} could not be copied into the folder for temporary files (TMPDIR sets another): {told}"
        ) from None
