"""JPEG: what stands behind picture data without an end mark, and how a photograph of very many pixels is decoded."""

import re

from PIL import Image

from mien.convert.jpeg_markers import layout
from mien.convert.truncation import JpegFile

# A quarter of the pixels is what libjpeg makes of a picture at half its size; it is asked for no less, so that bombs stay out.
MAX_REDUCTION = 4
_MANY = 16  # bytes: the data of a picture do not end in so many zeros, ones or letters
_FEW = 3  # but in some of them they may
_TEXT = re.compile(rb"[\t\r\n -~]{16,}\Z")


def without_tail(content: bytes) -> bytes:
    """A JPEG that has no end mark without the zeros, ones or text that copies and programs leave behind; others as they are."""
    data = _without_tail(content)
    found = layout(content) if len(data) < len(content) else None
    if found is None or found.end is not None:
        return content
    return data + (b"\0" if data.endswith(b"\xff") else b"")


def _without_tail(content: bytes) -> bytes:
    if content.endswith(b"\xff"):  # half a marker, or a filler: in data a zero would follow
        return content.rstrip(b"\xff")
    if content.endswith(b"\0" * _MANY):
        return content[: len(content.rstrip(b"\0")) + _FEW]
    text = _TEXT.search(content, max(0, len(content) - 2**16)) if _TEXT.match(content[-_MANY:]) else None
    return content[: text.start() + _FEW] if text else content


def has_foreign_tail(content: bytes) -> bool:
    """Whether a JPEG of several scans that has no end mark is as good without its last bytes: what follows it was taken for data.

    Of such a file libjpeg reads all that there is, so that JpegFile cannot see it leave a part.
    """
    found = layout(content)
    if found is None or len(found.scans) < 2 or len(content) - _FEW - 1 <= found.scans[-1][0]:
        return False
    shorter = JpegFile(content[: -_FEW - 1].rstrip(b"\xff"))
    with Image.open(shorter, formats=("JPEG",)) as image:
        return shorter.load(image) is None


def can_be_halved(image: Image.Image) -> bool:
    """Whether libjpeg decodes the opened JPEG at half its size in a quarter of the memory; of a progressive one it keeps all."""
    return not image.info.get("progressive")


def halve(image: Image.Image) -> None:
    """Has the opened JPEG decoded at half its width and height, rounded up: libjpeg leaves out what only the full size shows."""
    image.draft(None, (image.width // 2, image.height // 2))
