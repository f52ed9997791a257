"""Where a JPEG's picture data lie, by its markers (ITU-T T.81, annex B), and what among them no encoder writes.

libjpeg passes over such faults with a warning, which Pillow does not hand on: it fills the rest of the picture with grey,
or goes on with data that belong elsewhere.
"""

import re
from dataclasses import dataclass, field

# 0xFF before zero is a byte of data, and before 0xFF a filler.
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_DHT, _SOI, _EOI, _SOS, _DRI, _TEM = 0xC4, 0xD8, 0xD9, 0xDA, 0xDD, 0x01
_RESTARTS = range(0xD0, 0xD8)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, 0xC8, 0xCC}
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
# What may stand after a scan: tables, number of lines, restart interval, comment, application data, a further scan or the end.
_AFTER_SCAN = frozenset((_DHT, 0xCC, _EOI, _SOS, 0xDB, 0xDC, _DRI, 0xFE, *range(0xE0, 0xF0)))
_PADDING = b"\0\xff"
_HOLE = bytes(32)
_NUM_COEFFICIENTS = 64
_NONE_YET = 255


@dataclass
class Layout:
    """`scans`: first byte of each scan's data and the byte after; `end`: where the end mark lies, None without one; `fault`: what no
    encoder writes, in words; `restart`: the restart marker that would come next in the last scan, None without such markers."""

    scans: list[tuple[int, int]] = field(default_factory=list)
    end: int | None = None
    fault: str | None = None
    restart: int | None = None
    progressive: bool = False
    width_px: int = 0
    # Of each component and coefficient, the lowest bit that has come.
    bits: dict[int, bytearray] = field(default_factory=dict)
    out_of_turn: bool = False

    @property
    def scans_missing(self) -> bool:
        """Whether bits of the picture never came, or came before those that they refine."""
        return self.out_of_turn or any(any(lowest) for lowest in self.bits.values())


def layout(content: bytes) -> Layout | None:
    """The layout of a JPEG's first picture; None where no picture data are found, which is the decoder's to judge."""
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
        except (IndexError, ValueError):  # a segment too short for what it says to hold
            break
    return found if found.scans else None


def data_end(content: bytes, scan: tuple[int, int]) -> int:
    """The byte after the last of a scan's data that is no padding. There is none at a file's end, where zeros are what was not written."""
    begin, end = scan
    return end if end == len(content) else begin + len(content[begin:end].rstrip(_PADDING))


def _foreign(content: bytes, at: int) -> str:
    return f"a foreign marker 0xFF{content[at + 1]:02X} at byte {at}"


def _end_of_scan(found: Layout, content: bytes, at: int, interval: int) -> int:
    """The byte after the data that begin at `at`. Restart markers must come in turn, and only if announced."""
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
    """Notes which bits a scan brings; the tables of its AC coefficients."""
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
    """Of each AC table, whether its code of nothing but zero bits stands for a coefficient and not for the end of a block.

    A run of zero bytes would then be block after block of nothing but small coefficients, which no picture has. Where they may
    end a block, a white wall is a long run of zeros.
    """
    found = {}
    at = 0
    while at + 17 < len(body):
        kind, lengths = body[at], body[at + 1 : at + 17]
        if kind >> 4:
            found[kind & 15] = body[at + 17] & 15 != 0
        at += 17 + sum(lengths)
    return found
