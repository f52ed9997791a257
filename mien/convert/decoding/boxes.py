"""Reads boxes of AVIF and JPEG 2000 that Pillow does not read: numbered colour spaces, an ICC profile, the end of the data."""

import struct
from collections.abc import Iterator

from mien.convert.integrity import boxes


def named_by_nclx(content: bytes) -> tuple[int, int] | None:
    """Primaries and transfer characteristics (ITU-T H.273) of an AVIF's primary image; None if its boxes do not contain them."""
    for meta in _named(content, 0, len(content), b"meta"):
        inner = {name: (at, end) for name, at, end in boxes(content, meta[0] + 4, meta[1])}
        if b"pitm" not in inner or b"iprp" not in inner:
            return None
        at = inner[b"pitm"][0]
        (primary,) = struct.unpack_from(">H" if content[at] == 0 else ">I", content, at + 4)
        parts = {name: (at, end) for name, at, end in boxes(content, *inner[b"iprp"])}
        properties = list(boxes(content, *parts[b"ipco"])) if b"ipco" in parts else []
        for start, end in _named(content, *inner[b"iprp"], b"ipma"):
            for index in _associated(content, start, end, primary):
                if 0 < index <= len(properties) and properties[index - 1][0] == b"colr":
                    at = properties[index - 1][1]
                    if content[at : at + 4] == b"nclx":
                        primaries, transfer = struct.unpack_from(">HH", content, at + 4)
                        return primaries, transfer
    return None


def _associated(content: bytes, at: int, end: int, item: int) -> Iterator[int]:
    """Indices, from 1, of the properties that a box `ipma` associates with an item."""
    wide_items, wide_indices = content[at] >= 1, content[at + 3] & 1
    (count,) = struct.unpack_from(">I", content, at + 4)
    at += 8
    for _ in range(count):
        if at >= end:
            return
        (this,) = struct.unpack_from(">I" if wide_items else ">H", content, at)
        at += 4 if wide_items else 2
        number, at = content[at], at + 1
        for _ in range(number):
            if this == item:
                yield struct.unpack_from(">H", content, at)[0] & 0x7FFF if wide_indices else content[at] & 0x7F
            at += 2 if wide_indices else 1


def profile_of_jp2(content: bytes) -> bytes | None:
    """The ICC profile in the header of a JP2 or JPX file (ISO/IEC 15444-1, I.5.3.3)."""
    for header in _named(content, 0, len(content), b"jp2h"):
        for at, end in _named(content, *header, b"colr"):
            if content[at : at + 1] in (b"\2", b"\3") and end <= len(content):
                return content[at + 3 : end]
    return None


def is_codestream_whole(content: bytes) -> bool:
    """Whether JPEG 2000 data reach their end marker. The data contain no other marker above FF8F."""
    start = content.find(b"\xff\x4f\xff\x51")
    return start >= 0 and content.find(b"\xff\xd9", start) >= 0


def _named(content: bytes, start: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    return ((at, last) for name, at, last in boxes(content, start, end) if name == wanted)
