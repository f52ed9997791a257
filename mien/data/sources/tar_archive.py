"""A .tar archive, plain or compressed, read from front to back; nothing is unpacked to disk."""

import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mien.data.sources.entry import Entry, UnreadableEntry
from mien.data.sources.layout import shown_path
from mien.errors import SourceError

_BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError)


def tar_entries(source: Path) -> Iterator[Entry]:
    """Every member that is no folder, in the archive's order. Raises SourceError where the archive breaks off or is damaged."""
    try:
        with tarfile.open(source, "r:*") as archive:
            for member in archive:
                if not member.isdir():
                    yield _entry(archive, member)
            _check_end(archive)
    except _BROKEN as error:
        raise SourceError(f"ingest.source: {source} is a damaged or incomplete tar archive ({error}); copy or download it again") from None


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    def open_member() -> IO[bytes]:
        try:
            file = archive.extractfile(member)
        except KeyError:
            raise UnreadableEntry("damaged: a hard link to a member that is not in the archive") from None
        assert file is not None, member.name
        return file

    ignored = "link" if member.issym() else None if member.isreg() or member.islnk() else "not a regular file"
    return Entry(shown_path(member.name), open_member, member.size, ignored)


def _check_end(archive: tarfile.TarFile) -> None:
    """Without this an archive cut between two members, or a damaged header, would silently end the list there."""
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("the end of the archive is missing")
