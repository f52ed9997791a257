"""A .zip archive, read member by member; nothing is unpacked to disk."""

import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from mien.data.sources.entry import Entry
from mien.data.sources.layout import shown_path
from mien.errors import SourceError

_UTF8_NAME = 0x800


def zip_entries(source: Path) -> Iterator[Entry]:
    """Every member that is no folder, in the archive's order. Raises SourceError for an archive that cannot be read as a whole."""
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise SourceError(f"ingest.source: {source} is a damaged zip archive ({error}); copy or download it again") from None
    with archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            mode = member.external_attr >> 16
            ignored = "link" if stat.S_ISLNK(mode) else "not a regular file" if stat.S_IFMT(mode) not in (0, stat.S_IFREG) else None
            yield Entry(shown_path(_name(member)), partial(archive.open, member), member.file_size, ignored)


def _name(member: zipfile.ZipInfo) -> str:
    """The member's name; archivers that forget the UTF-8 flag (macOS, Info-ZIP) are understood, as are Windows' backslashes."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")
