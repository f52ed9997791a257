"""Determines the image format of a file by its first bytes. Names are not used, because phones and messengers name files wrongly."""

import re

HEAD_BYTES = 64

# The formats that `signature` recognises and `convert` decodes. TGA has no signature; decoding/tga.py recognises it.
DECODABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF", "JPEG 2000", "PPM", "ICO", "PCX")

_PREFIXES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"8BPS", "Photoshop"),
    (b"gimp xcf ", "GIMP"),
    (b"v/1\1", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"DDS |\0\0\0", "DirectDraw surface"),
    (b"qoif", "QOI"),
    (b"icns", "Apple icon"),
    (b"P7\nWIDTH", "PAM"),
    (b"P7\n#", "PAM"),
    (b"PF\n", "PFM"),
    (b"<svg", "SVG"),
    (b"\xef\xbb\xbf<svg", "SVG"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIU\0", "camera raw"),
    (b"\0MRM", "camera raw"),
    (b"FOVb", "camera raw"),
)
_CANON_RAW = (b"II*\0\x10\0\0\0CR", b"II\x1a\0\0\0HEAPCCDR")
# Many texts begin with Netpbm's letter and number; in an image, width and height, or a comment, must follow.
_NETPBM = re.compile(rb"P[1-6](?:[ \t\r\n]*#|[ \t\r\n]+\d+[ \t\r\n]+(?:\d+[ \t\r\n]|#))|Pf\n\d+ \d+\n-?\d")
_BRANDS = {
    "HEIF": {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"},
    "AVIF": {b"avif", b"avis"},
    "camera raw": {b"crx "},
}


def signature(head: bytes) -> str | None:
    """The image format by a file's first HEAD_BYTES bytes, such as 'JPEG' or 'camera raw'; None if it is not a known image format."""
    if head.startswith(_CANON_RAW):
        return "camera raw"
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    # Many texts begin with 'BM'; in a bitmap, the reserved fields are zero and the header has one of few sizes.
    if head.startswith(b"BM") and head[6:10] == bytes(4) and head[14:15] in b"\x0c\x10\x28\x34\x38\x40\x6c\x7c":
        return "BMP"
    if _NETPBM.match(head):
        return "PPM"
    if _is_pcx(head):
        return "PCX"
    # An icon's directory contains the number of images, then for each image a zero byte, the colour planes and the offset.
    if (
        head.startswith(b"\0\0\1\0")
        and 0 < head[4] <= 64
        and head[5:6] == b"\0"
        and head[9:10] == b"\0"
        and head[10:12] in (b"\0\0", b"\1\0")
    ):
        return "ICO"
    if head[4:8] == b"ftyp":
        return _brand(head)
    return None


def is_svg(content: bytes) -> bool:
    """Whether a text is an SVG drawing. It may begin with a declaration and comments that are longer than HEAD_BYTES."""
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg", b"<svg")) and b"<svg" in start


def _is_pcx(head: bytes) -> bool:
    """Checks the version, the run-length encoding, the bits per pixel, and that the window's edges are in order."""
    if len(head) < 64 or head[0] != 10 or head[1] not in (0, 2, 3, 4, 5) or head[2] != 1 or head[3] not in (1, 2, 4, 8):
        return False
    left, top, right, bottom = (int.from_bytes(head[at : at + 2], "little") for at in (4, 6, 8, 10))
    return left <= right and top <= bottom


def _brand(head: bytes) -> str | None:
    """The format by the major brand, else by those compatible brands that are within `head`."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    for brand in (head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))):
        for name, brands in _BRANDS.items():
            if brand in brands:
                return name
    return None
