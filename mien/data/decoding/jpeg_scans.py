"""The structure of a JPEG: its frame, its scans, and which of their parts are missing (ITU-T T.81, Annexes B and G).

libjpeg shows what there is and says nothing.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

END = b"\xff\xd9"
_SCAN, _RESTART_INTERVAL = 0xDA, 0xDD
_FRAMES, _PROGRESSIVE = (0xC0, 0xC1, 0xC2), 0xC2
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_RESTART = re.compile(rb"\xff[\xd0-\xd7]", re.DOTALL)


@dataclass(frozen=True)
class Frame:
    """Where the payloads of the frame header and of the first scan's header start (None: not found), the frame's marker, and the
    restart interval in units of the scan (0: none)."""

    start: int | None = None
    scan: int | None = None
    marker: int = 0
    interval: int = 0

    def sampling(self, content: bytes) -> dict[int, tuple[int, int]]:
        """Horizontal and vertical factor of each component."""
        assert self.start is not None
        starts = (self.start + 6 + 3 * number for number in range(content[self.start + 5]))
        parts = (content[at : at + 2] for at in starts)
        return {part[0]: (max(1, part[1] >> 4), max(1, part[1] & 15)) for part in parts}


def frame_of(content: bytes) -> Frame:
    """What the segments before the picture data say."""
    start, found, interval, at, end = None, 0, 0, 2, len(content) - 4
    while at <= end and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == _SCAN:
            return Frame(start, at + 4, found, interval)
        if marker == 0xFF:
            at += 1
            continue
        if marker in _FRAMES:
            start, found = at + 4, marker
        elif marker == _RESTART_INTERVAL:
            interval = content[at + 4] << 8 | content[at + 5]
        at += 2 + (content[at + 2] << 8 | content[at + 3])
    return Frame(start, None, found, interval)


def has_end_mark(content: bytes, frame: Frame) -> bool:
    """Whether the picture data end in a mark; true where none are found, which is the decoder's to judge."""
    return frame.scan is None or content.find(END, frame.scan) >= 0


def missing_scans(content: bytes, frame: Frame) -> str | None:
    """What is missing of a picture that comes in several scans, in words; the other pictures, most of them, are not looked through."""
    if frame.start is None or frame.scan is None:
        return None
    is_progressive = frame.marker == _PROGRESSIVE
    if not is_progressive and content[frame.scan] == content[frame.start + 5]:
        return None
    coming = {component: [16 if is_progressive else 0] * 64 for component in frame.sampling(content)}  # bits of each coefficient
    seen: set[int] = set()
    for scan in _scans(content, frame.scan):
        components, end = _components(content, scan)
        first, last, precision = content[end : end + 3]
        seen.update(components)
        if is_progressive:
            for component in coming.keys() & components:
                coming[component][first : last + 1] = [precision & 15] * (last + 1 - first)
    if not coming.keys() <= seen:
        return "a colour channel is missing"
    return "the last scans of the picture are missing" if any(map(any, coming.values())) else None


def has_all_restarts(content: bytes, frame: Frame) -> bool:
    """Whether the last scan has as many restart marks as its size needs; true where it is written without."""
    if frame.start is None or frame.scan is None or not frame.interval:
        return True
    height, width = struct.unpack_from(">HH", content, frame.start + 1)
    sampling = frame.sampling(content)
    across, down = (max(factors) for factors in zip(*sampling.values(), strict=True))
    *_, scan = _scans(content, frame.scan)
    components, _ = _components(content, scan)
    # A scan of one component comes block by block of its own, others in units of the largest sampling factors.
    own = sampling.get(min(components), (1, 1)) if len(components) == 1 else (1, 1)
    num_units = int(-(-width // (8 * across / own[0])) * -(-height // (8 * down / own[1])))
    return len(_RESTART.findall(content, scan)) == -(-num_units // frame.interval) - 1


def last_data(content: bytes, frame: Frame) -> int:
    """Where the data of the last scan start; 0 where there is none."""
    if frame.scan is None:
        return 0
    *_, scan = _scans(content, frame.scan)
    return _components(content, scan)[1] + 3


def _scans(content: bytes, start: int) -> Iterator[int]:
    """Where the payload of each scan's header starts, from the first one on, up to the end mark or what is no segment."""
    yield start
    at = start
    while match := _MARKER.search(content, at):
        marker, at = content[match.start() + 1], match.end()
        if marker == END[1]:
            return
        if marker == _SCAN:
            yield at + 2
        at += int.from_bytes(content[at : at + 2], "big")


def _components(content: bytes, start: int) -> tuple[set[int], int]:
    """The components of a scan, and where their list ends."""
    end = start + 1 + 2 * content[start]
    return set(content[start + 1 : end : 2]), end
