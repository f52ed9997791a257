"""Archives that were split into several files. They are recognised by their names or end records, and a single part is never read."""

import io
import re
import struct
from typing import IO

from mien.ingest.sources.entry import UnreadableArchive

SPANNED_FIRST = b"PK\x07\x08"  # how the first part of a split zip begins (APPNOTE 8.5.4)
_END, _LOCATOR = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _LOCATOR_BYTES, _LONGEST_COMMENT = 22, 20, 0xFFFF
_ARCHIVE = r"(?:zip|7z|rar|tar|tgz|tbz2?|txz|gz|bz2|xz|zst)"
_NUMBERED = re.compile(rf"(?P<whole>.+\.{_ARCHIVE})\.(?:\d{{2,4}}|a[a-z]|part-?\d+)$", re.IGNORECASE)
_ZIP_PART = re.compile(r"(?P<stem>.+)\.z\d{2,3}$", re.IGNORECASE)
_RAR_PART = re.compile(r"(?P<stem>.+)(\.part\d+\.rar|\.r\d{2})$", re.IGNORECASE)


def split_archive(name: str) -> UnreadableArchive:
    """The error for a file called `name` that is one part of a split archive."""
    name = name.rpartition("/")[2]
    if found := _NUMBERED.fullmatch(name):
        how = f"join them (`cat {found['whole']}.* > {found['whole']}`) and set ingest.source to {found['whole']}"
    elif _RAR_PART.fullmatch(name):
        how = "unpack the first (`7z x`), and set ingest.source to the resulting folder"
    else:
        part = _ZIP_PART.fullmatch(name)
        whole = f"{part['stem']}.zip" if part else name
        how = f"join them (`zip -s 0 {whole} --out whole.zip`, or unpack with `7z x {whole}`) and set ingest.source to the result"
    return UnreadableArchive(f"is one part of an archive in several parts; with all parts in one folder, {how}")


def is_named_as_part(name: str) -> bool:
    """Whether a file of this name is, very likely, one part of a split archive."""
    return any(pattern.fullmatch(name) for pattern in (_NUMBERED, _ZIP_PART, _RAR_PART))


def is_spanned(file: IO[bytes]) -> bool:
    """Whether a zip is the last of several parts by its end record, so that most members are in other files (APPNOTE 4.3.16)."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - _END_BYTES - _LOCATOR_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        return False
    disk, directory, num_here, num_in_all = struct.unpack_from("<HHHH", tail, at + 4)
    if disk not in (0, 0xFFFF) or directory not in (0, 0xFFFF) or num_here != num_in_all:
        return True
    locator = tail[max(0, at - _LOCATOR_BYTES) : at]
    if locator.startswith(_LOCATOR) and len(locator) == _LOCATOR_BYTES:
        disk, _, num_disks = struct.unpack_from("<LQL", locator, 4)
        return bool(disk or num_disks > 1)
    return False
