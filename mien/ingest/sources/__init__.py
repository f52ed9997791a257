"""The kinds of source, one module each. Each lists the files of its source as `Entry`, always in the same order."""

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from mien.core.errors import SourceError
from mien.ingest.sources.entry import Entry, UnreadableArchive
from mien.ingest.sources.folder import folder_entries
from mien.ingest.sources.kinds import other_kind
from mien.ingest.sources.nested import Context, Opened, expanded
from mien.ingest.sources.pixel_csv import pixel_csv_entries
from mien.ingest.sources.tar_archive import tar_entries
from mien.ingest.sources.unpacking_limit import Allowance
from mien.ingest.sources.video import Videos
from mien.ingest.sources.zip_archive import zip_entries

FILES: dict[str, Opened] = {"zip": zip_entries, "tar": tar_entries, "pixel_csv": pixel_csv_entries}
KINDS = ("folder", *FILES)


def kind_of(source: Path) -> str:
    """The kind of `source`, one of KINDS, by its content. Raises SourceError if it is missing, empty or of an unknown kind."""
    if source.is_dir():
        return "folder"
    if not source.exists():
        where = "" if source.is_absolute() else f" (searched in {Path.cwd()}; write an absolute path for a source outside the repository)"
        raise SourceError(f"ingest.source: {source} does not exist{where}; correct the path in params.yaml")
    if not source.is_file():
        raise SourceError(f"ingest.source: {source} is neither a folder nor a file; set it to a folder, archive or table")
    try:
        if source.stat().st_size == 0:
            raise SourceError(f"ingest.source: {source} is an empty file; copy or download it again")
        # Tar is checked first, at the beginning of the file: is_zipfile looks at the end, where a tar's last member may be a zip or .docx.
        if _is_tar(source):
            return "tar"
        if zipfile.is_zipfile(source):
            return "zip"
        if (told := other_kind(source)) is not None:
            raise SourceError(f"ingest.source: {source} {told}")
    except OSError as error:
        raise SourceError(f"ingest.source: {source} cannot be read: {error.strerror}; check its permissions") from None
    return "pixel_csv"


def _is_tar(source: Path) -> bool:
    try:
        return tarfile.is_tarfile(source)
    except (EOFError, ValueError):  # raised for a truncated .gz instead of tarfile's own errors
        return False


def source_entries(source: Path, *, videos: Videos | None = None) -> Iterator[Entry]:
    """Every file of the source, including those in archives within it, and the frames of videos in place of these if `videos` takes any.

    Raises SourceError if the source as a whole cannot be read.
    """
    videos = videos or Videos()
    kind = kind_of(source)
    if kind == "folder":
        yield from expanded(folder_entries(source), Context(videos=videos))
        return
    try:
        with source.open("rb") as file:
            yield from expanded(FILES[kind](file, name=source.name), Context(Allowance.of(source.stat().st_size), videos=videos), depth=1)
    except UnreadableArchive as error:
        raise SourceError(f"ingest.source: {source} {error}") from None
