"""Locates a JPEG's image data by its markers (ITU-T T.81, annex B), and detects markers that no encoder writes.

libjpeg reports such faults only by a warning, which Pillow does not pass on: it fills the rest of the image with grey, or continues
with data that belong elsewhere.
"""

import re
from dataclasses import dataclass, field

# 0xFF followed by zero is a byte of data, and 0xFF followed by 0xFF is a filler.
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_DHT, _SOI, _EOI, _SOS, _DRI, _TEM = 0xC4, 0xD8, 0xD9, 0xDA, 0xDD, 0x01
_RESTARTS = range(0xD0, 0xD8)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, 0xC8, 0xCC}
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
# Markers that may follow a scan: tables, number of lines, restart interval, comment, application data, another scan or the end.
_AFTER_SCAN = frozenset((_DHT, 0xCC, _EOI, _SOS, 0xDB, 0xDC, _DRI, 0xFE, *range(0xE0, 0xF0)))
_PADDING = b"\0\xff"
_HOLE = bytes(32)
_NUM_COEFFICIENTS = 64
_NONE_YET = 255


@dataclass
class Layout:
    """The layout of a JPEG.

    `scans` contains the first byte of each scan's data and the byte after the last; `end` is the position of the end marker, None without
    one; `fault` describes data that no encoder writes; `restart` is the restart marker that would come next in the last scan, None
    without such markers.
    """

    scans: list[tuple[int, int]] = field(default_factory=list)
    end: int | None = None
    fault: str | None = None
    restart: int | None = None
    progressive: bool = False
    width_px: int = 0
    # For each component and coefficient, the lowest bit that was received so far.
    bits: dict[int, bytearray] = field(default_factory=dict)
    out_of_turn: bool = False

    @property
    def scans_missing(self) -> bool:
        """Whether bits of the image are missing, or came before the bits that they refine."""
        return self.out_of_turn or any(any(lowest) for lowest in self.bits.values())


def layout(content: bytes) -> Layout | None:
    """The layout of a JPEG's first image; None if no image data are found, in which case the decoder has to judge the file."""
    found = Layout()
    zeros_add: dict[int, bool] = {}
    at, last, interval = 2, 0, 0
    while marker := _MARKER.search(content, at):
        start, code = marker.start(), content[marker.end() - 1]
        if found.scans and (code not in _AFTER_SCAN or content[at:start].strip(b"\xff")):
            found.fault = _foreign(content, start if code not in _AFTER_SCAN else last)
            break
        if code == _EOI:
            found.end = start if found.scans else None
            break
        if code in _RESTARTS or code in (_SOI, _TEM):
            at = start + 2
            continue
        last, at = start, start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")
        body = content[start + 4 : at]
        if at > len(content):
            found.fault = _foreign(content, start) if found.scans else None
            break
        try:
            if code in _FRAMES:
                found.progressive, found.width_px = code in _PROGRESSIVE, int.from_bytes(body[3:5], "big")
                found.bits = {body[6 + 3 * index]: bytearray([_NONE_YET] * _NUM_COEFFICIENTS) for index in range(body[5])}
            elif code == _DHT:
                zeros_add.update(_zeros_add(body))
            elif code == _DRI:
                interval = int.from_bytes(body[:2], "big")
            elif code == _SOS:
                tables = _note_scan(found, body)
                begin, at = at, _end_of_scan(found, content, at, interval)
                found.scans.append((begin, at))
                if not found.fault and any(zeros_add.get(table) for table in tables):
                    hole = content.find(_HOLE, begin, data_end(content, (begin, at)))
                    found.fault = f"a hole of zero bytes at byte {hole}" if hole >= 0 else None
                if found.fault:
                    break
        except (IndexError, ValueError):  # a segment is too short for its stated contents
            break
    return found if found.scans else None


def data_end(content: bytes, scan: tuple[int, int]) -> int:
    """The byte after the last byte of a scan's data that is not padding.

    At the end of a file, zeros do not count as padding, because they are data that were not written.
    """
    begin, end = scan
    return end if end == len(content) else begin + len(content[begin:end].rstrip(_PADDING))


def _foreign(content: bytes, at: int) -> str:
    return f"a foreign marker 0xFF{content[at + 1]:02X} at byte {at}"


def _end_of_scan(found: Layout, content: bytes, at: int, interval: int) -> int:
    """The byte after the data that begin at `at`. Restart markers must come in order, and only if the file announced them."""
    num_restarts, end = 0, len(content)
    for marker in _MARKER.finditer(content, at):
        code = content[marker.end() - 1]
        is_expected = interval and code == _RESTARTS[num_restarts % len(_RESTARTS)]
        if not is_expected:
            end = marker.start()
            found.fault = _foreign(content, end) if code in _RESTARTS else None
            break
        num_restarts += 1
    found.restart = _RESTARTS[num_restarts % len(_RESTARTS)] if interval else None
    return end


def _note_scan(found: Layout, body: bytes) -> list[int]:
    """Records the bits that a scan contains; returns the tables of its AC coefficients."""
    count = body[0]
    first, last, high_low = body[1 + 2 * count : 4 + 2 * count]
    if not found.progressive:
        first, last, high_low = 0, _NUM_COEFFICIENTS - 1, 0
    high, low = high_low >> 4 or _NONE_YET, high_low & 15
    for component in body[1 : 1 + 2 * count : 2]:
        lowest = found.bits.get(component)
        if lowest is not None and last < len(lowest):
            came = slice(first, last + 1)
            found.out_of_turn |= lowest[came] != bytes([high]) * (last + 1 - first)
            lowest[came] = bytes([low]) * (last + 1 - first)
    return [] if last == 0 else [choice & 15 for choice in body[2 : 2 + 2 * count : 2]]


def _zeros_add(body: bytes) -> dict[int, bool]:
    """For each AC table, whether its code of zero bits only means a coefficient rather than the end of a block.

    If it means a coefficient, a run of zero bytes would be many blocks of small coefficients, which no image has. If it means the end
    of a block, a white wall is a long run of zeros.
    """
    found = {}
    at = 0
    while at + 17 < len(body):
        kind, lengths = body[at], body[at + 1 : at + 17]
        if kind >> 4:
            found[kind & 15] = body[at + 17] & 15 != 0
        at += 17 + sum(lengths)
    return found
