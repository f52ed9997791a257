"""JPEG: whether the last part of the picture is there, and how a photograph of very many pixels is decoded."""

import io
import re

from PIL import Image

from mien.data.decoding.jpeg_scans import END, Frame, has_all_restarts, has_end_mark, last_data
from mien.data.integrity import jpeg_with_filler

# A quarter of the pixels is what libjpeg makes of a picture at half its size; it is asked for no less, so that bombs stay out.
MAX_REDUCTION = 4
_GREY = {0, 127, 128}
_MANY = 16  # bytes
_TEXT = re.compile(rb"[\t\r\n -~]{16,}\Z")
_STRIP_PX = 256
_FEW = 3  # bytes; the last ones of a picture may look like what follows it


def with_end_mark(content: bytes, frame: Frame) -> bytes:
    """The JPEG with an end mark in place of what follows its data, if it lacks one. `is_whole` finds out what else is missing."""
    if has_end_mark(content, frame):
        return content
    data = _without_tail(content)
    return data + (b"\0" if data.endswith(b"\xff") else b"") + END


def _without_tail(content: bytes) -> bytes:
    """Without the zeros, ones or text that copies and programs leave behind a picture; its data do not end in so many of them."""
    if content.endswith(b"\xff" * _MANY):
        return content.rstrip(b"\xff")
    if content.endswith(b"\0" * _MANY):
        return content[: len(content.rstrip(b"\0")) + _FEW]
    text = _TEXT.search(content, max(0, len(content) - 2**16))
    return content[: text.start() + _FEW] if text else content


def is_whole(image: Image.Image, content: bytes, frame: Frame) -> bool:
    """Whether a JPEG whose end mark was missing has all its data: other data after them change nothing, and the last of them do.

    Else what follows the data is taken for a part of the picture.
    """
    if not has_all_restarts(content, frame) or _changes(image, content):
        return False
    end = len(content) - len(END) - _FEW - 1
    if end <= last_data(content, frame):  # a scan of hardly a byte, of a channel that is empty
        return True
    shorter = content[:end].rstrip(b"\xff") + END
    return not has_all_restarts(shorter, frame) or _changes(_decoded(shorter, image), shorter)


def is_filled_up(image: Image.Image, content: bytes) -> bool:
    """Whether libjpeg made up the last part of the picture: it does so in exact mid-grey. A picture may be grey there itself;
    then other data before the end mark changes nothing. Only pictures with a grey corner pay for the second decoding."""
    return _has_grey_corner(image) and _changes(image, content)


def can_be_halved(image: Image.Image) -> bool:
    """Whether libjpeg decodes the opened JPEG at half its size in a quarter of the memory; of a progressive one it keeps all."""
    return not image.info.get("progressive")


def halve(image: Image.Image) -> None:
    """Has the opened JPEG decoded at half its width and height, rounded up: libjpeg leaves out what only the full size shows."""
    image.draft(None, (image.width // 2, image.height // 2))


def _changes(image: Image.Image, content: bytes) -> bool:
    """Whether other data before the end mark give another picture than `image`."""
    filled = jpeg_with_filler(content)
    return filled is not None and not _are_equal(_decoded(filled, image), image)


def _are_equal(first: Image.Image, second: Image.Image) -> bool:
    """Strip by strip from below, where pictures that are not whole differ; copies of large ones at once would take much memory."""
    for bottom in range(first.height, 0, -_STRIP_PX):
        box = (0, max(0, bottom - _STRIP_PX), first.width, bottom)
        if first.crop(box).tobytes() != second.crop(box).tobytes():
            return False
    return True


def _decoded(content: bytes, like: Image.Image) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
        if image.size != like.size:
            halve(image)
        image.load()
        return image


def _has_grey_corner(image: Image.Image) -> bool:
    width, height = image.size
    corner = image.crop((max(0, width - 4), max(0, height - 4), width, height))
    colours = corner.getcolors(1)
    if not colours:
        return False
    levels = colours[0][1]
    return set(levels if isinstance(levels, tuple) else (levels,)) <= _GREY
