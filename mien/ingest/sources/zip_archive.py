"""A .zip archive as a source. It is read member by member, and nothing is unpacked to disk."""

import stat
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import IO

from mien.ingest.layout import shown_path
from mien.ingest.sources.entry import Entry, UnreadableArchive
from mien.ingest.sources.split_archives import is_spanned, split_archive
from mien.ingest.sources.zip_bzip2 import open_bzip2
from mien.ingest.sources.zip_names import read_names

_ENCRYPTED, _AES = 0x1, 99
_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd"}
_READABLE = {0, 8, 12, 14}


def zip_entries(file: IO[bytes], *, name: str) -> Iterator[Entry]:
    """Every member that is not a folder, in the archive's order. Raises UnreadableArchive if the archive as a whole cannot be read."""
    if is_spanned(file):
        raise split_archive(name)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise UnreadableArchive(f"is a damaged zip archive ({error}); copy or download it again") from None
    with archive:
        members = [member for member in archive.infolist() if not member.filename.endswith("/")]  # is_dir fails on an empty name
        # A member with a negative offset begins in an earlier file: this one is the last part of an archive split at arbitrary bytes.
        if any(member.header_offset < 0 for member in members):
            raise split_archive(name)
        for member, shown in zip(members, read_names(members, archive=name), strict=True):
            opened = open_bzip2 if member.compress_type == zipfile.ZIP_BZIP2 else zipfile.ZipFile.open
            yield Entry(shown_path(shown), partial(opened, archive, member), member.file_size, _ignored(member), _error(member))


def _ignored(member: zipfile.ZipInfo) -> str | None:
    mode = member.external_attr >> 16
    return "link" if stat.S_ISLNK(mode) else "not a regular file" if stat.S_IFMT(mode) not in (0, stat.S_IFREG) else None


def _error(member: zipfile.ZipInfo) -> str | None:
    """Why a member cannot be read, by its entry in the archive's directory; else None."""
    if member.flag_bits & _ENCRYPTED or member.compress_type == _AES:
        return "encrypted"
    if member.compress_type not in _READABLE:
        return f"unsupported compression: {_METHODS.get(member.compress_type, f'method {member.compress_type}')}"
    return None
