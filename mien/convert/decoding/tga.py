"""Recognises TGA files. TGA has no magic bytes, so a file counts as TGA if its whole header makes sense (Truevision TGA, version 2.0)."""

import struct

_FOOTER = b"TRUEVISION-XFILE.\0"
_DEPTHS = {1: (8,), 2: (16, 24, 32), 3: (8, 16), 9: (8,), 10: (16, 24, 32), 11: (8, 16)}  # by image type
_WITH_PALETTE = (1, 9)
_PALETTE_DEPTHS = (15, 16, 24, 32)


def is_tga(content: bytes) -> bool:
    """Whether the header and the size, or the header and the footer of version 2, are those of a complete TGA file."""
    if len(content) < 18:
        return False
    id_bytes, has_palette, kind, _, num_colours, colour_bits, _, _, width, height, depth, flags = struct.unpack_from(
        "<BBBHHBHHHHBB", content
    )
    if has_palette > 1 or depth not in _DEPTHS.get(kind, ()) or not width or not height or flags & 0xC0:
        return False
    if has_palette and not (colour_bits in _PALETTE_DEPTHS and 0 < num_colours <= 256):
        return False
    if kind in _WITH_PALETTE and not has_palette:
        return False
    if content[-len(_FOOTER) :] == _FOOTER:
        return True
    start = 18 + id_bytes + has_palette * num_colours * ((colour_bits + 7) // 8)
    pixel_bytes = depth // 8
    if kind < 8:
        return bool(start + width * height * pixel_bytes == len(content))
    return _runs_end(content, start, width * height, pixel_bytes)


def _runs_end(content: bytes, at: int, num_pixels: int, pixel_bytes: int) -> bool:
    """Whether the packets of a run-length encoded image contain exactly all its pixels, and the file ends soon after them."""
    while num_pixels > 0 and at < len(content):
        count = (content[at] & 127) + 1
        at += 1 + pixel_bytes * (1 if content[at] & 128 else count)
        num_pixels -= count
    return num_pixels == 0 and at <= len(content) <= at + 64
