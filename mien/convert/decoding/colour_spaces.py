"""Finds the colour space that an image names (other than by an ordinary ICC profile), and converts from it to sRGB."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.convert.decoding.boxes import named_by_nclx
from mien.convert.decoding.named_colours import HDR_TRANSFERS, NamedColours, colours_by_measure, colours_by_number
from mien.convert.decoding.png import Png
from mien.convert.decoding.sixteen import sixteen_bits

Conversion = Callable[[Image.Image], Image.Image]


def conversion_by_name(image: Image.Image, content: bytes, png: Png | None) -> Conversion | None:
    """A function that converts the opened image's levels (mode L or RGB, or all bits if it has more than 8) to sRGB.

    None if the image names nothing but sRGB or a colour profile. Raises Undecodable for unknown colour spaces.
    """
    named = _named(image, content, png)
    if named is None:
        return None
    deep = _all_bits(image, content, png)

    def convert(picture: Image.Image) -> Image.Image:
        levels = deep if deep is not None else np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))
        return named.to_srgb(levels.reshape(*levels.shape[:2], -1), full_scale=255 if deep is None else 65535)

    return convert


def _named(image: Image.Image, content: bytes, png: Png | None) -> NamedColours | None:
    if png and png.cicp:
        return colours_by_number(*png.cicp)
    if hdr := _hdr_of_profile(image.info.get("icc_profile")):
        return hdr
    if png:
        return None if png.is_srgb or "icc_profile" in png.info else colours_by_measure(png.gamma, png.chromaticities)
    if image.format not in ("HEIF", "AVIF") or image.info.get("icc_profile"):
        return None
    nclx = image.info.get("nclx_profile")
    numbers = (nclx["color_primaries"], nclx["transfer_characteristics"]) if isinstance(nclx, dict) else None
    numbers = numbers or (named_by_nclx(content) if image.format == "AVIF" else None)
    return colours_by_number(*numbers) if numbers else None


def _hdr_of_profile(profile: bytes | None) -> NamedColours | None:
    """The colours by the tag `cicp` of an ICC profile (ICC.1:2022, 9.2.17) if it names PQ or HLG, which curves cannot fully describe."""
    if not profile or b"cicp" not in profile[128:2048]:
        return None
    at = profile.find(b"cicp", profile.find(b"cicp", 128) + 4)  # first its entry in the table of tags, then the tag itself
    primaries, transfer = (*profile[at + 8 : at + 10], 0, 0)[:2] if at > 0 else (0, 0)
    return colours_by_number(primaries, transfer) if transfer in HDR_TRANSFERS else None


def _all_bits(image: Image.Image, content: bytes, png: Png | None) -> NDArray[np.uint16] | None:
    """Levels of 16 bits, H × W × 1 or 3, of an image with more than 8 bits; else None. AVIF is always decoded with 8 bits."""
    if png:
        return sixteen_bits(png.content, "PNG") if png.bit_depth == 16 else None
    if image.format != "HEIF" or image.info.get("bit_depth", 8) <= 8:
        return None
    import pillow_heif

    levels = np.asarray(pillow_heif.open_heif(content, convert_hdr_to_8bit=False, hdr_to_16bit=True))
    return levels[..., None] if levels.ndim == 2 else levels[..., : 3 if levels.shape[2] >= 3 else 1]
