"""Names in a zip archive. A name is either marked as UTF-8 or in the legacy encoding of the system on which the archive was made."""

import struct
import zipfile
import zlib
from collections.abc import Sequence

from mien.ingest.sources.names import readable

_UTF8_FLAG, _UNICODE_PATH = 0x800, 0x7075


def read_names(members: Sequence[zipfile.ZipInfo], *, archive: str) -> list[str]:
    """The members' names, with / as separator; `names.readable` decodes those that are not marked as Unicode."""
    marked = [member.orig_filename if member.flag_bits & _UTF8_FLAG else _unicode_path(member) for member in members]
    raw = [member.orig_filename.encode("cp437") for member, name in zip(members, marked, strict=True) if name is None]
    others = iter(readable(raw, archive=archive))
    names = [name if name is not None else next(others) for name in marked]
    # Backslashes are replaced only after decoding, because 0x5C is also the second byte of letters in Shift-JIS, GBK and Big5.
    return [name.partition("\0")[0].replace("\\", "/") for name in names]


def _unicode_path(member: zipfile.ZipInfo) -> str | None:
    """The name in Info-ZIP's extra field 0x7075, if its checksum matches the name in the header (APPNOTE 4.6.9)."""
    at, extra = 0, member.extra
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        if (
            kind == _UNICODE_PATH
            and len(field) > 5
            and struct.unpack_from("<I", field, 1)[0] == zlib.crc32(member.orig_filename.encode("cp437"))
        ):
            return field[5:].decode("utf-8", "replace")
        at += 4 + size
    return None
