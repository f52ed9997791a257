"""JPEG: whether the picture is all there, and how a photograph of very many pixels is decoded (ITU-T T.81)."""

import io
import re
from collections.abc import Iterator

from PIL import Image

from mien.data.integrity import jpeg_with_filler

_END = b"\xff\xd9"
_GREY = {0, 127, 128}
# What libjpeg makes of a picture at half its size is a quarter of the pixels; it is asked for no less, so that a bomb stays out.
MAX_REDUCTION = 4
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_BASELINE, _PROGRESSIVE = (0xC0, 0xC1), 0xC2


def with_end_mark(content: bytes) -> bytes:
    """The JPEG with an end mark, if it lacks one. Whether anything else is missing, too, `is_filled_up` finds out."""
    start = next((at for marker, at in _segments(content) if marker == 0xDA), None)
    if start is None or content.find(_END, start) >= 0:
        return content
    data = content.rstrip(b"\0")
    if len(content) - len(data) < 16:  # a scan may end in a few zeros; many are what a broken copy leaves
        data = content
    return data + (b"\0" if data.endswith(b"\xff") else b"") + _END


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Marker and start of the payload of each segment up to the first scan's, that one too."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        yield marker, at + 4
        if marker == 0xDA:
            return
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")


def missing_scans(content: bytes) -> str | None:
    """What is missing of a picture that comes in several scans, in words: libjpeg shows what there is and says nothing."""
    frame, start = None, None
    for marker, at in _segments(content):
        if marker in (*_BASELINE, _PROGRESSIVE):
            frame = (marker, [content[at + 6 + 3 * number] for number in range(content[at + 5])])
        start = at
    if frame is None or start is None or (frame[0] != _PROGRESSIVE and content[start] == len(frame[1])):
        return None
    coming = {component: [16 if frame[0] == _PROGRESSIVE else 0] * 64 for component in frame[1]}  # bits of each coefficient
    seen: set[int] = set()
    while start is not None:
        end = start + 1 + 2 * content[start]
        components = set(content[start + 1 : end : 2]) & coming.keys()
        first, last, precision = content[end : end + 3]
        seen |= components
        if frame[0] == _PROGRESSIVE:
            for component in components:
                coming[component][first : last + 1] = [precision & 15] * (last + 1 - first)
        start = _next_scan(content, start)
    if seen < coming.keys():
        return "a colour channel is missing"
    return "the last scans of the picture are missing" if any(map(any, coming.values())) else None


def _next_scan(content: bytes, at: int) -> int | None:
    """Where the payload of the next scan's header starts; None at the end mark and at what is no marker segment."""
    while match := _MARKER.search(content, at):
        marker, at = content[match.start() + 1], match.end()
        if marker == 0xDA:
            return at + 2
        if marker == 0xD9:
            return None
        at += int.from_bytes(content[at : at + 2], "big")
    return None


def is_filled_up(image: Image.Image, content: bytes, *, was_unended: bool) -> bool:
    """Whether libjpeg made up the last part of the picture: it does so in exact mid-grey. A picture may be grey there itself;
    then other data before the end mark changes nothing. Only pictures with a grey corner, and those whose end mark was missing,
    pay for the second decoding."""
    if not was_unended and not _has_grey_corner(image):
        return False
    filled = jpeg_with_filler(content)
    if filled is None:
        return False
    with Image.open(io.BytesIO(filled), formats=("JPEG",)) as other:
        if other.size != image.size:
            halve(other)
        other.load()
        return other.tobytes() != image.tobytes()


def _has_grey_corner(image: Image.Image) -> bool:
    width, height = image.size
    corner = image.crop((max(0, width - 4), max(0, height - 4), width, height))
    colours = corner.getcolors(1)
    if not colours:
        return False
    levels = colours[0][1]
    return set(levels if isinstance(levels, tuple) else (levels,)) <= _GREY


def can_be_halved(image: Image.Image) -> bool:
    """Whether libjpeg decodes the opened JPEG at half its size in a quarter of the memory; of a progressive one it keeps all."""
    return not image.info.get("progressive")


def halve(image: Image.Image) -> None:
    """Has the opened JPEG decoded at half its width and height, rounded up: libjpeg leaves out what only the full size shows."""
    image.draft(None, ((image.width + 1) // 2, (image.height + 1) // 2))
