"""JPEG: removes foreign data after image data without an end marker, and decodes photographs of very many pixels at half size."""

import re

from PIL import Image

from mien.convert.jpeg_markers import layout
from mien.convert.truncation import JpegFile

# At half size, libjpeg decodes a quarter of the pixels. No smaller scale is used, so that decompression bombs are still rejected.
MAX_REDUCTION = 4
_MANY = 16  # bytes: image data do not end in so many zeros, ones or letters
_FEW = 3  # bytes: image data may end in so many of them
_TEXT = re.compile(rb"[\t\r\n -~]{16,}\Z")


def without_tail(content: bytes) -> bytes:
    """Removes the zeros, ones or text that copies and programs append to a JPEG without end marker. Other files stay unchanged."""
    data = _without_tail(content)
    found = layout(content) if len(data) < len(content) else None
    if found is None or found.end is not None:
        return content
    return data + (b"\0" if data.endswith(b"\xff") else b"")


def _without_tail(content: bytes) -> bytes:
    if content.endswith(b"\xff"):  # half a marker or a filler, because in image data a zero would follow
        return content.rstrip(b"\xff")
    if content.endswith(b"\0" * _MANY):
        return content[: len(content.rstrip(b"\0")) + _FEW]
    text = _TEXT.search(content, max(0, len(content) - 2**16)) if _TEXT.match(content[-_MANY:]) else None
    return content[: text.start() + _FEW] if text else content


def has_foreign_tail(content: bytes) -> bool:
    """Whether a JPEG of several scans without end marker is equally sound without its last bytes, which are then not image data.

    libjpeg reads such a file to its end, so JpegFile cannot detect that a part is not needed.
    """
    found = layout(content)
    if found is None or len(found.scans) < 2 or len(content) - _FEW - 1 <= found.scans[-1][0]:
        return False
    shorter = JpegFile(content[: -_FEW - 1].rstrip(b"\xff"))
    with Image.open(shorter, formats=("JPEG",)) as image:
        return shorter.load(image) is None


def can_be_halved(image: Image.Image) -> bool:
    """Whether libjpeg decodes the opened JPEG at half size in a quarter of the memory. It keeps all data of a progressive JPEG."""
    return not image.info.get("progressive")


def halve(image: Image.Image) -> None:
    """Makes Pillow decode the opened JPEG at half its width and height, rounded up: libjpeg skips the detail of the full size."""
    image.draft(None, (image.width // 2, image.height // 2))
