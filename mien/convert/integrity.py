"""Checks whether an image file is complete, for damage that its decoder does not report.

libheif silently fills missing tiles of a truncated HEIC with a flat colour, and Pillow does not compare a PNG's checksums. Each check
reads the file's structure, not its pixels. Damage in JPEG and WebP can only be found while decoding (truncation.py).
"""

import struct
import zlib
from collections.abc import Iterator

# No coded image ends in that many zero bytes, but a file does if its download or copy stopped within pre-allocated space.
_ZERO_TAIL = bytes(64)
# More consecutive zero bytes than the coded data of an item can contain. H.264 and H.265 break up every run of three zero bytes, so
# that at most the length before a unit can extend a run of two; drawn and real AV1 images have at most 16.
_HOLES = {b"hvc1": bytes(8), b"hev1": bytes(8), b"avc1": bytes(8), b"av01": bytes(32), b"jpeg": None}

Damage = tuple[str, str]  # one of decoding's REASONS, and the detail


def damage_in(content: bytes, kind: str) -> Damage | None:
    """The damage in a file of the given kind ('PNG', 'HEIF', …, see signatures.py); None if no damage is found."""
    try:
        if kind in ("HEIF", "AVIF"):
            return _damage_in_boxes(content)
        if kind == "PNG":
            return _wrong_checksum(content)
    except (struct.error, IndexError):
        return None  # the structure is not as the first bytes announce, and the decoder has to judge the file
    return None


def _wrong_checksum(content: bytes) -> Damage | None:
    """A PNG consists of 8 bytes, then chunks of length, name, data, and CRC-32 of name and data."""
    at = 8
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 8 + length
        if end + 4 > len(content):
            return None  # the file is truncated, which the decoder reports
        if name in (b"IHDR", b"PLTE", b"IDAT") and zlib.crc32(content[at + 4 : end]) != struct.unpack_from(">I", content, end)[0]:
            return "corrupt", f"a checksum of the chunk {name.decode()} is wrong"
        at = end + 4
    return None


def _damage_in_boxes(content: bytes) -> Damage | None:
    """HEIF and AVIF consist of boxes (ISO/IEC 14496-12). The box `iloc` gives the place of each item's pieces in the file."""
    for name, start, end in boxes(content, 0, len(content)):
        if end > len(content) and name in (b"meta", b"mdat", b"moov"):  # what looks like any other box may be a phone's trailer
            return "truncated", f"the box {name.decode('latin-1')} ends {end - len(content)} bytes after the file"
        if name != b"meta":
            continue
        inner = {child: (first, last) for child, first, last in boxes(content, start + 4, end)}
        types = _item_types(content, *inner[b"iinf"]) if b"iinf" in inner else {}
        for item, first, last in _extents(content, *inner[b"iloc"]) if b"iloc" in inner else ():
            if last > len(content):
                return "truncated", f"item {item} ends {last - len(content)} bytes after the file"
            if types.get(item) not in _HOLES:
                continue
            if content[max(first, last - len(_ZERO_TAIL)) : last] == _ZERO_TAIL:
                return "truncated", f"item {item} ends in zero bytes"
            hole = _HOLES[types[item]]
            if hole and (at := content.find(hole, first, last)) >= 0:
                return "corrupt", f"item {item} has a hole of zero bytes at byte {at}"
    return None


def boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the payload and end of each box (ISO/IEC 14496-12) from `at` on. The end may be beyond the end of the file."""
    while at + 8 <= min(end, len(content)):
        size, name = struct.unpack_from(">I4s", content, at)
        header = 8
        if size == 1 and at + 16 <= len(content):
            (size,) = struct.unpack_from(">Q", content, at + 8)
            header = 16
        elif size == 0:  # the box extends to the end of its container
            size = end - at
        if size < header:
            return
        yield name, at + header, at + size
        at += size


def _item_types(content: bytes, start: int, end: int) -> dict[int, bytes]:
    """The four-letter type of each item in `iinf`."""
    types = {}
    for name, at, _ in boxes(content, start + (6 if content[start] == 0 else 8), end):
        if name == b"infe" and content[at] >= 2:
            item, _, kind = struct.unpack_from(">HH4s" if content[at] == 2 else ">IH4s", content, at + 4)
            types[item] = kind
    return types


def _extents(content: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Item, first byte and byte after the last of each extent that is contained in the file itself."""
    version, sizes = content[start], struct.unpack_from(">H", content, start + 4)[0]
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    at, end = start + 6, min(end, len(content))
    if offset_size + length_size == 0:
        return  # such extents take no bytes, so a damaged box could state any number of them

    def number(size: int) -> int:
        nonlocal at
        at += size
        if at > end:
            raise IndexError
        return int.from_bytes(content[at - size : at], "big")

    for _ in range(number(2 if version < 2 else 4)):
        item = number(2 if version < 2 else 4)
        method = number(2) & 15 if version in (1, 2) else 0
        number(2)  # data reference
        base = number(base_size)
        for _ in range(number(2)):
            if version in (1, 2):
                number(index_size)
            first = base + number(offset_size)
            last = first + number(length_size)
            if method == 0:
                yield item, first, last
