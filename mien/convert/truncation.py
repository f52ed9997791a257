"""Whether a picture's data end where the picture does, which libjpeg and libwebp do not say through Pillow.

A damaged Huffman or arithmetic code goes on with other blocks than were written, so that nearly always the data end before the
picture, or the picture before its data. Both show from outside: other bytes put behind the data change the picture, or the
decoder has done without the last of them.
"""

import io
import struct

from PIL import Image

from mien.convert.jpeg_markers import Layout, data_end, layout

# Some cameras leave a few bytes too many; no sound file here leaves one.
SPARE_BYTES = 16
_GREY = {0, 127, 128}
# libjpeg reads missing bits as zeros: one of the fillers begins with a one.
_FILLERS = (b"\x55" * 4096, b"\xaa" * 4096)
# No coded picture ends in that many zero bytes; a file whose copy stopped in pre-allocated space does.
_ZERO_TAIL = bytes(64)
_WEBP_FRAME, _WEBP_DATA = b"ANMF", (b"VP8 ", b"VP8L")

Misfit = tuple[str, str]  # one of decoding's REASONS, and the detail


class JpegFile(io.BytesIO):
    """A JPEG as Pillow reads it, with an end mark if it has none. `load` says what is wrong with its data."""

    def __init__(self, content: bytes) -> None:
        self._layout = layout(content) or Layout()
        self._ends = self._layout.end is not None or not self._layout.scans
        super().__init__(content if self._ends else content + b"\xff\xd9")
        last = self._layout.scans[-1] if self._layout.scans else (0, 0)
        spare_at = data_end(content, last) - SPARE_BYTES
        self._spare_at = spare_at if spare_at > last[0] else 0

    @property
    def is_unended(self) -> bool:
        """Whether the file had no end mark of its own."""
        return not self._ends

    def load(self, image: Image.Image) -> Misfit | None:
        """Loads the `image` opened from here, and says what is wrong with its data; None if nothing is seen to be."""
        if self._spare_at:
            self.read = self._read_in_part  # type: ignore[method-assign]  # only now: headers are read in very many small pieces
        image.load()
        if self._layout.fault:
            return "corrupt", self._layout.fault
        if self._layout.scans_missing:
            return "truncated", "scans that refine the picture are missing"
        if self.tell() <= self._spare_at:
            return "corrupt", "the picture ends before its data"
        # One scan leaves what is missing in exact mid-grey, and only such pictures pay for a second decoding.
        is_suspect = not self._ends or len(self._layout.scans) > 1 or self._has_grey_corner(image)
        if not self._layout.scans or not is_suspect:
            return None
        return ("truncated", "the picture data end before the picture") if self._needs_more(image) else None

    def _read_in_part(self, size: int | None = -1) -> bytes:
        """As `read`, but not past the point behind which the decoder must still ask for data."""
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
        """Whether other data behind each scan change the picture."""
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
    """The levels of all bands in the last corner, if it is all of one colour; else none."""
    width, height = image.size
    colours = image.crop((max(0, width - side_px), max(0, height - side_px), width, height)).getcolors(1)
    if not colours:
        return set()
    levels = colours[0][1]
    return {int(level) for level in (levels if isinstance(levels, tuple) else (levels,))}


def webp_misfit(content: bytes, image: Image.Image) -> Misfit | None:
    """What is wrong with the data of a WebP (RFC 9649) that gave `image`; None if nothing is seen to be.

    Without their last bytes, sound data cannot be decoded.
    """
    if content.endswith(_ZERO_TAIL) and not _corner_levels(image, 16):  # a flat picture may be coded so
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
    except Exception:  # as it should be
        return None
    return "corrupt", "the picture ends before its data"


def _webp_data(content: bytes, at: int, end: int) -> tuple[bytes, int, int] | None:
    """Name, first byte and byte after the last of the first picture's coded data."""
    while at + 8 <= end:
        name, size = struct.unpack_from("<4sI", content, at)
        if name in _WEBP_DATA:
            return name, at + 8, min(at + 8 + size, end)
        if name == _WEBP_FRAME:
            return _webp_data(content, at + 24, min(at + 8 + size, end))
        at += 8 + size + size % 2
    return None
