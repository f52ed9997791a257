"""Reads the orientation of an image from EXIF. Nothing else of EXIF is read, and none of it is stored."""

from PIL import Image

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 274


def turn_to_upright(image: Image.Image, source_format: str) -> Image.Transpose | None:
    """The transposition that makes an image upright, by the orientation tag of EXIF or XMP; None if it is stored upright.

    libheif has already turned a HEIC upright, so its orientation tag is ignored.
    """
    return None if source_format == "HEIF" else _TURNS.get(_orientation(image))


def _orientation(image: Image.Image) -> int:
    """The EXIF (or XMP) orientation, 1 to 8; 1 if there is none or it cannot be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # broken EXIF is common and no reason to reject the image
        return 1
