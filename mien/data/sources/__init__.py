"""Where photographs come from: one file per kind of source. Each lists its files as `Entry`, in an order that is always the same."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from mien.data.pointers import LFS, PULL, stands_in
from mien.data.signatures import HEAD_BYTES
from mien.data.sources.entry import Entry
from mien.data.sources.folder import folder_entries
from mien.data.sources.pixel_csv import pixel_csv_entries
from mien.data.sources.tar_archive import tar_entries
from mien.data.sources.zip_archive import zip_entries
from mien.errors import SourceError

KINDS: dict[str, Callable[[Path], Iterator[Entry]]] = {
    "folder": folder_entries,
    "zip": zip_entries,
    "tar": tar_entries,
    "pixel_csv": pixel_csv_entries,
}


def kind_of(source: Path) -> str:
    """The kind of `source`, one of KINDS, by its content. Raises SourceError if it is missing, empty or of no kind we know."""
    if source.is_dir():
        return "folder"
    if not source.exists():
        where = "" if source.is_absolute() else f" (looked in {Path.cwd()}; a source outside the repository is written as an absolute path)"
        raise SourceError(f"ingest.source: {source} does not exist{where}; correct the path in params.yaml")
    try:
        if source.stat().st_size == 0:
            raise SourceError(f"ingest.source: {source} is an empty file; was it copied or downloaded completely?")
        with source.open("rb") as file:
            if instead := stands_in(file.read(HEAD_BYTES)):
                remedy = PULL if instead == LFS else "download it again, and log in where that asks for it"
                raise SourceError(f"ingest.source: {source} is a {instead} in place of the file; {remedy}")
        # First what a file begins with: zip is looked for at the end, where a tar may have a last member that is one (.zip, .docx).
        if _is_tar(source):
            return "tar"
        if zipfile.is_zipfile(source):
            return "zip"
    except OSError as error:
        raise SourceError(f"ingest.source: {source} cannot be read: {error.strerror}; check its permissions") from None
    name = source.name.lower()
    if name.endswith(".csv"):
        return "pixel_csv"
    if name.endswith((".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")):
        raise SourceError(f"ingest.source: {source} is no readable archive; it is damaged or incomplete: copy or download it again")
    raise SourceError(
        f"ingest.source: {source} is none of a folder, .zip, .tar(.gz) and FER2013 pixel .csv; "
        "unpack it, and name the folder that holds the photographs"
    )


def _is_tar(source: Path) -> bool:
    try:
        return tarfile.is_tarfile(source)
    except (EOFError, ValueError):  # what a cut .gz raises in place of tarfile's own errors
        return False


def source_entries(source: Path) -> Iterator[Entry]:
    """Every file of the source, one by one. Raises SourceError where the source as a whole cannot be read."""
    return KINDS[kind_of(source)](source)
