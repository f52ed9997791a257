"""Checks whether an image's data end where the image ends. libjpeg and libwebp do not report this through Pillow.

After damage, a Huffman or arithmetic code continues with other blocks than those that were written, so that nearly always the data end
before the image, or the image ends before its data. Both can be detected without a decoder of our own: in the first case, appending
other bytes to the data changes the image; in the second, the decoder does not read the last bytes of the data.
"""

import io
import struct

from PIL import Image

from mien.convert.jpeg_markers import Layout, data_end, layout

# Some cameras write a few bytes too many, although no sound file in our tests does.
SPARE_BYTES = 16
_GREY = {0, 127, 128}
# libjpeg reads missing bits as zeros, so one of the fillers begins with a one.
_FILLERS = (b"\x55" * 4096, b"\xaa" * 4096)
# No coded image ends in that many zero bytes, but a file does if its copy stopped within pre-allocated space.
_ZERO_TAIL = bytes(64)
_WEBP_FRAME, _WEBP_DATA = b"ANMF", (b"VP8 ", b"VP8L")

Misfit = tuple[str, str]  # one of decoding's REASONS, and the detail


class JpegFile(io.BytesIO):
    """A JPEG as a file for Pillow. An end marker is appended if it has none. `load` reports what is wrong with its data."""

    def __init__(self, content: bytes) -> None:
        self._layout = layout(content) or Layout()
        self._ends = self._layout.end is not None or not self._layout.scans
        super().__init__(content if self._ends else content + b"\xff\xd9")
        last = self._layout.scans[-1] if self._layout.scans else (0, 0)
        spare_at = data_end(content, last) - SPARE_BYTES
        self._spare_at = spare_at if spare_at > last[0] else 0

    @property
    def is_unended(self) -> bool:
        """Whether the file itself has no end marker."""
        return not self._ends

    def load(self, image: Image.Image) -> Misfit | None:
        """Loads the `image` opened from this file; returns what is wrong with its data, or None if no fault is found."""
        if self._spare_at:
            self.read = self._read_in_part  # type: ignore[method-assign]  # not earlier, because headers are read in many small pieces
        image.load()
        if self._layout.fault:
            return "corrupt", self._layout.fault
        if self._layout.scans_missing:
            return "truncated", "scans that refine the picture are missing"
        if self.tell() <= self._spare_at:
            return "corrupt", "the picture ends before its data"
        # With a single scan, missing parts are exactly mid-grey, so only images with such a corner need a second decoding.
        is_suspect = not self._ends or len(self._layout.scans) > 1 or self._has_grey_corner(image)
        if not self._layout.scans or not is_suspect:
            return None
        return ("truncated", "the picture data end before the picture") if self._needs_more(image) else None

    def _read_in_part(self, size: int | None = -1) -> bytes:
        """Like `read`, but a read stops at the point after which the decoder must still request data if the file is sound."""
        left = self._spare_at - self.tell()
        return super().read(left if left > 0 and (size is None or size < 0 or size > left) else size)

    def _has_grey_corner(self, image: Image.Image) -> bool:
        last = image.getpixel((image.width - 1, image.height - 1))
        if last is None or not _GREY.issuperset(last if isinstance(last, tuple) else (last,)):
            return False
        is_reduced = image.width < self._layout.width_px
        levels = _corner_levels(image, 1 if is_reduced else 4)
        return bool(levels) and levels <= _GREY

    def _needs_more(self, image: Image.Image) -> bool:
        """Whether other data after each scan change the image."""
        content, pixels = self.getvalue(), image.tobytes()
        restart = b"" if self._layout.restart is None else bytes((0xFF, self._layout.restart))
        for other_data in _FILLERS[: 1 if self._ends else 2]:
            filler = other_data + restart + other_data if restart else other_data
            pieces, at = [], 0
            for _, end in self._layout.scans:
                pieces += [content[at:end], filler]
                at = end
            with Image.open(io.BytesIO(b"".join((*pieces, content[at:]))), formats=("JPEG",)) as other:
                scale = round(other.width / image.width)
                if scale > 1:  # the image was decoded at a reduced scale
                    other.draft(image.mode, (other.width // scale, other.height // scale))
                other.load()
                if other.tobytes() != pixels:
                    return True
        return False


def _corner_levels(image: Image.Image, side_px: int) -> set[int]:
    """The levels of all channels in the bottom right corner if it has a single colour; else an empty set."""
    width, height = image.size
    colours = image.crop((max(0, width - side_px), max(0, height - side_px), width, height)).getcolors(1)
    if not colours:
        return set()
    levels = colours[0][1]
    return {int(level) for level in (levels if isinstance(levels, tuple) else (levels,))}


def webp_misfit(content: bytes, image: Image.Image) -> Misfit | None:
    """What is wrong with the data of a WebP (RFC 9649) that was decoded to `image`; None if no fault is found.

    Sound data cannot be decoded without their last bytes, so data that can be are corrupt.
    """
    if content.endswith(_ZERO_TAIL) and not _corner_levels(image, 16):  # the data of a flat image may end in zeros
        return "truncated", "the file ends in zero bytes"
    data = _webp_data(content, 12, len(content))
    if data is None:
        return None
    name, first, last = data
    payload = content[first : last - SPARE_BYTES]
    chunk = name + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)
    try:
        with Image.open(io.BytesIO(b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk), formats=("WEBP",)) as image:
            image.load()
    except Exception:  # sound data raise an error here
        return None
    return "corrupt", "the picture ends before its data"


def _webp_data(content: bytes, at: int, end: int) -> tuple[bytes, int, int] | None:
    """Name, first byte and byte after the last of the first image's coded data."""
    while at + 8 <= end:
        name, size = struct.unpack_from("<4sI", content, at)
        if name in _WEBP_DATA:
            return name, at + 8, min(at + 8 + size, end)
        if name == _WEBP_FRAME:
            return _webp_data(content, at + 24, min(at + 8 + size, end))
        at += 8 + size + size % 2
    return None
