"""What kind of image a file is, by its first bytes and not by its name: phones and messengers name files wrongly."""

HEAD_BYTES = 64

# What convert decodes, and what is an image of a kind that it does not.
DECODABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF")

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
    (b"8BPS", "Photoshop"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIU\0", "camera raw"),
)
_BRANDS = {
    "HEIF": {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"},
    "AVIF": {b"avif", b"avis"},
    "camera raw": {b"crx "},
}


def signature(head: bytes) -> str | None:
    """The image format that a file's first HEAD_BYTES bytes announce, such as 'JPEG' or 'camera raw'; None if no image that we know."""
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    # 'BM' alone would take in many a text; a bitmap's reserved fields are zero and its header has one of few sizes.
    if head.startswith(b"BM") and head[6:10] == bytes(4) and head[14:15] in b"\x0c\x10\x28\x34\x38\x40\x6c\x7c":
        return "BMP"
    if head[4:8] == b"ftyp":
        return _brand(head)
    return None


def _brand(head: bytes) -> str | None:
    """By the major brand, else by the compatible ones, as far as the head shows them."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    for brand in (head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))):
        for name, brands in _BRANDS.items():
            if brand in brands:
                return name
    return None
