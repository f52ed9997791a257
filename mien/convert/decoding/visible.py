"""Corrects levels to what was meant: removes an alpha channel that was never filled, and scales deep levels to 8 bits by their white."""

import numpy as np
from PIL import Image

from mien.convert.decoding import tiff
from mien.convert.decoding.levels import Depth, eight_bit_colours, eight_bits, is_deep
from mien.convert.decoding.png import Png
from mien.convert.decoding.reasons import Undecodable
from mien.convert.decoding.sixteen import sixteen_bits

# Formats in which most programs leave the fourth byte at 0 and treat it as opaque.
_FOURTH_BYTE_UNUSED = ("BMP", "DIB", "TGA", "ICO")
_LOW = 64  # of 256: 16-bit colours whose highest level is below it may really have 14 bits or fewer


def without_empty_alpha(image: Image.Image, source_format: str) -> Image.Image:
    """Removes the alpha channel if it is 0 everywhere in a format in which it then has no meaning."""
    if source_format in _FOURTH_BYTE_UNUSED and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")
    return image


def with_eight_bits(image: Image.Image, content: bytes, source_format: str, page: int, png: Png | None) -> Image.Image:
    """Converts the image to levels of 8 bits. Raises Undecodable if the level of white cannot be determined."""
    if png is None and source_format != "TIFF" and not is_deep(image):
        return image
    if png:
        depth = Depth(16, png.significant_bits)
    elif source_format == "TIFF":
        depth = tiff.depth_of(image)
    else:
        depth = Depth(is_scaled=True)
    if is_deep(image):
        return eight_bits(image, depth)
    if source_format == "TIFF" and depth.is_signed:
        return _of_signed_bytes(image)
    if depth.is_scaled or (png.bit_depth if png else depth.container_bits) != 16 or _highest(image) >= _LOW:
        return image
    levels = sixteen_bits(png.content if png else content, "PNG" if png else "TIFF", page)
    brought = eight_bit_colours(levels, depth) if levels is not None else None
    if brought is None:
        return image
    if image.mode in ("RGBA", "LA") and image.getchannel("A").getextrema()[1] >= _LOW:  # type: ignore[operator]
        brought.putalpha(image.getchannel("A"))
    brought.info = image.info
    return brought


def _highest(image: Image.Image) -> int:
    """The highest level of the colour channels, without transparency."""
    return max(int(image.getchannel(band).getextrema()[1]) for band in image.getbands() if band != "A")  # type: ignore[arg-type]


def _of_signed_bytes(image: Image.Image) -> Image.Image:
    levels = np.asarray(image)
    if image.mode != "L" or (levels > 127).any():
        raise Undecodable("unsupported", "levels below 0")
    scaled = Image.fromarray((levels.astype(np.uint16) * 255 // 127).astype(np.uint8))
    scaled.info = image.info
    return scaled
