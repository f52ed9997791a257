"""The files of a source: a photograph, a folder, an archive, or a list of paths on standard input."""

import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from mien.core.errors import PredictError
from mien.ingest.sources import FILES
from mien.ingest.sources.entry import Entry, UnreadableArchive, read_entry
from mien.ingest.sources.folder import folder_entries
from mien.ingest.sources.nested import Context, expanded
from mien.ingest.sources.unpacking_limit import Allowance
from mien.predict.predicting import File
from mien.video.opening import VIDEO_HEAD_BYTES, begins_like_a_video

LIST = "-"
"""stands for a list of paths on standard input, one per line"""
MAX_BYTES = 160 * 2**20
"""larger files are refused, as by the default of ingest.max_file_mb"""


def files_of(source: str) -> Iterator[File]:
    """Every file of a source. Files that are no images by name and content are left out of folders and archives, and reported otherwise.

    Raises PredictError if the source does not exist, cannot be read, or has no image at all.
    """
    if source == LIST:
        yield from _listed()
        return
    path = Path(source)
    if not path.exists():
        raise PredictError(f"there is no {source}; name a photograph, a folder, an archive or a video, or - for a list of paths")
    if not path.is_dir() and not (kind := archive_kind(path)):
        yield _named(source)
        return
    if not path.is_dir():
        try:
            with path.open("rb") as archive:
                opened = FILES[kind](archive, name=path.name)
                yield from _images(source, expanded(opened, Context(Allowance.of(path.stat().st_size)), depth=1))
        except UnreadableArchive as error:
            raise PredictError(f"{source} {error}") from None
        return
    yield from _images(source, expanded(folder_entries(path), Context()))


def _images(source: str, entries: Iterator[Entry]) -> Iterator[File]:
    number = 0
    for entry in entries:
        found = read_entry(entry, max_bytes=MAX_BYTES)
        if found.ignored is None:
            number += 1
            yield _as_file(found.path, found.content, found.error)
    if not number:
        raise PredictError(f"{source} holds no image; name a folder or an archive with photographs, or a single video file")


def _listed() -> Iterator[File]:
    number = 0
    for line in sys.stdin:
        name = line.rstrip("\r\n")
        if not name:
            continue
        number += 1
        yield _named(name)
    if not number:
        raise PredictError("standard input has no path; write one path per line, for example by `ls *.jpg | mien predict -`")


def _named(name: str) -> File:
    """A file that the user named, so that it is answered or reported whatever its name is."""
    path = Path(name)
    try:
        if not path.is_file():
            return File(name, reason="unreadable", detail="no such file" if not path.exists() else "not a regular file")
        with path.open("rb") as file:
            if begins_like_a_video(file.read(VIDEO_HEAD_BYTES)):
                return File(name, reason="unsupported", detail="a video, which is answered only if it is the source itself")
        if path.stat().st_size > MAX_BYTES:
            return File(name, reason="too_large", detail=f"more than {MAX_BYTES // 2**20} MiB")
        return File(name, path.read_bytes())
    except OSError as error:
        return File(name, reason="unreadable", detail=error.strerror or type(error).__name__)


def _as_file(path: str, content: bytes | None, error: str | None) -> File:
    if content is None:
        kind, _, detail = (error or "unreadable").partition(": ")
        return File(path, reason=kind.replace(" ", "_"), detail=detail)
    return File(path, content)


def archive_kind(path: Path) -> str:
    """The kind of an archive; empty for any other file, and for what is none."""
    try:
        if not path.is_file():  # to open a pipe would wait for a writer
            return ""
        if tarfile.is_tarfile(path):
            return "tar"
    except (OSError, EOFError, ValueError):
        return ""
    return "zip" if zipfile.is_zipfile(path) else ""
