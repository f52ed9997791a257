"""Finds the largest image of a Windows icon in its directory, because Pillow decodes that image on opening, however large it is."""

import struct
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Largest:
    """The largest image: `png` is its content if it is stored as a PNG file, else None; `size` is its width and height in pixels."""

    png: bytes | None
    size: tuple[int, int]


def largest_in_icon(content: bytes) -> Largest:
    """The largest image, as Pillow chooses it: of equally large ones, the one with most bits per pixel.

    Raises struct.error if the directory or a header is truncated.
    """
    (count,) = struct.unpack_from("<H", content, 4)
    entries = [struct.unpack_from("<BBBBHHII", content, 6 + 16 * number) for number in range(count)]
    width, height, _, _, _, _, size, offset = max(entries, key=lambda entry: ((entry[0] or 256) * (entry[1] or 256), entry[5]))
    if content[offset : offset + 8] == _PNG:
        return Largest(content[offset : offset + size], (width or 256, height or 256))
    header_bytes, *sides = struct.unpack_from("<Iii", content, offset)
    if header_bytes == 12:
        sides = list(struct.unpack_from("<HH", content, offset + 4))
    return Largest(None, (abs(sides[0]), abs(sides[1]) // 2))  # the height includes the transparency mask
