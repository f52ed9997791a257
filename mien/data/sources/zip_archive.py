"""A .zip archive, read member by member; nothing is unpacked to disk."""

import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import IO

from mien.data.sources.entry import Entry, UnreadableArchive
from mien.data.sources.layout import shown_path
from mien.data.sources.notices import notice
from mien.data.sources.zip_names import read_names

_ENCRYPTED, _AES = 0x1, 99
_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd"}
_READABLE = {0, 8, 12, 14}
_END = struct.Struct(
    "<4s4H2LH"
)  # end of the central directory: mark, this disk, its disk, entries here, entries in all, size, offset, comment
_END_MARK, _LONGEST_COMMENT, _UNSAID, _UNSAID_OFFSET = b"PK\5\6", 2**16, 0xFFFF, 0xFFFFFFFF
SPLIT = (
    "is one part of a zip archive in several parts; with all parts beside one another, join them (`zip -s 0 NAME.zip --out whole.zip`, "
    "or for NAME.zip.001, .002, … `cat NAME.zip.0* > whole.zip`) and name whole.zip"
)


def zip_entries(file: IO[bytes], *, name: str) -> Iterator[Entry]:
    """Every member that is no folder, in the archive's order. Raises UnreadableArchive for an archive that cannot be read as a whole.

    A notice says so if names were not marked as Unicode and their encoding was guessed (see zip_names.py).
    """
    if is_split(file):
        raise UnreadableArchive(SPLIT)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise UnreadableArchive(f"is a damaged zip archive ({error}); copy or download it again") from None
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        names, encoding = read_names(members)
        if encoding:
            examples = ", ".join([shown_path(each) for each in names if not each.isascii()][:2])
            notice(
                f"names in {name} are not marked as Unicode and were read as {encoding}, such as {examples}; unpack it yourself if that is wrong"
            )
        for member, shown in zip(members, names, strict=True):
            yield Entry(shown_path(shown), partial(archive.open, member), member.file_size, _ignored(member), _error(member))


def is_split(file: IO[bytes]) -> bool:
    """Whether a zip archive is the last of several parts, whose members mostly lie in the others (APPNOTE 4.3.16).

    Tools that write NAME.zip.001, .002 cut one archive into pieces: there the directory names places before the file's beginning.
    """
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or at + _END.size > len(tail):
        return False
    _, disk, directory, num_here, num_in_all, size, offset, _ = _END.unpack_from(tail, at)
    is_cut = offset != _UNSAID_OFFSET and offset + size > end - len(tail) + at
    return bool(0 < disk < _UNSAID or 0 < directory < _UNSAID or num_here != num_in_all or is_cut)


def _ignored(member: zipfile.ZipInfo) -> str | None:
    mode = member.external_attr >> 16
    return "link" if stat.S_ISLNK(mode) else "not a regular file" if stat.S_IFMT(mode) not in (0, stat.S_IFREG) else None


def _error(member: zipfile.ZipInfo) -> str | None:
    """Why a member cannot be read, as far as the directory tells."""
    if member.flag_bits & _ENCRYPTED or member.compress_type == _AES:
        return "encrypted"
    if member.compress_type not in _READABLE:
        return f"unsupported compression: {_METHODS.get(member.compress_type, f'method {member.compress_type}')}"
    return None
