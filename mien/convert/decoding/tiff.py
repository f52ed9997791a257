"""TIFF: finds the page that contains the photograph, and reads what its tags state about the levels (TIFF 6.0, TIFF/EP, DNG)."""

import io
from typing import Any

from PIL import Image, ImageFile, TiffImagePlugin

from mien.convert.decoding.levels import Depth
from mien.convert.decoding.reasons import Undecodable

_NEW_SUBFILE_TYPE, _OLD_SUBFILE_TYPE, _BITS, _PHOTOMETRIC, _MAX_VALUE, _SAMPLE_FORMAT = 254, 255, 258, 262, 281, 339
_SUB_IFDS, _DNG_VERSION = 330, 50706
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_WHITE_IS_ZERO, _COLOUR_FILTER_ARRAY, _LINEAR_RAW = 0, 32803, 34892
_SIGNED = 2
_MAX_PAGES = 32  # maximum number of pages searched for the first that is not a preview
# libtiff converts levels to the machine's byte order. Pillow takes this into account for unsigned levels only, and garbles these modes.
_NATIVE_ORDER = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}
RAW = "camera raw: its first picture is only a preview"


def prepare_pillow() -> None:
    """Lets Pillow also open big-endian files of 16-bit grey with white at 0. `levels` inverts them afterwards."""
    TiffImagePlugin.OPEN_INFO[(b"MM", 0, (1,), 1, (16,), ())] = ("I;16B", "I;16B")


def choose_page(image: Image.Image) -> int:
    """Moves to the first page at full resolution and returns its number, from 0.

    Raises Undecodable for a camera raw, whose pages are previews.
    """
    number = 0
    while True:
        tags = _tags(image)
        if _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in (_COLOUR_FILTER_ARRAY, _LINEAR_RAW):
            raise Undecodable("unsupported", RAW)
        kind = tags.get(_NEW_SUBFILE_TYPE, 0)
        if not kind & (_REDUCED | _MASK) and tags.get(_OLD_SUBFILE_TYPE) != _OLD_REDUCED:
            return number
        if _SUB_IFDS in tags:
            raise Undecodable("unsupported", RAW)
        number += 1
        try:
            if number == _MAX_PAGES:
                raise EOFError
            image.seek(number)
        except EOFError:
            raise Undecodable("unsupported", RAW) from None
        except (SyntaxError, KeyError):  # Pillow does not know this kind of page, such as that of a camera raw
            raise Undecodable("unsupported", RAW) from None


def correct_order(image: ImageFile.ImageFile) -> None:
    """Corrects how Pillow reads the chosen page's levels if they are compressed, big-endian, and signed or floats."""
    image.tile = [
        tile._replace(args=(_NATIVE_ORDER.get(tile.args[0], tile.args[0]), *tile.args[1:]))
        if tile.codec_name == "libtiff" and isinstance(tile.args, tuple)
        else tile
        for tile in image.tile
    ]


def depth_of(image: Image.Image) -> Depth:
    """What the tags of the chosen page state about its levels.

    MaxSampleValue is used only if it is the maximum of a whole number of bits, because otherwise it is merely a statistic.
    """
    tags = _tags(image)
    bits = max(tags.get(_BITS, (1,)))
    highest = tags.get(_MAX_VALUE)
    highest = max(highest) if isinstance(highest, tuple) and highest else highest
    declared = highest.bit_length() if isinstance(highest, int) and highest > 0 and highest & (highest + 1) == 0 else None
    return Depth(
        container_bits=bits,
        bits=declared,
        is_signed=_SIGNED in tags.get(_SAMPLE_FORMAT, ()),
        is_inverted=tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO,
    )


def unknown_kind(content: bytes) -> str | None:
    """Describes the kind of a TIFF that Pillow cannot open; None if its tags cannot be read either."""
    try:
        header = content[:8]
        tags = TiffImagePlugin.ImageFileDirectory_v2(header)
        file = io.BytesIO(content)
        file.seek(tags.next)
        tags.load(file)
        if _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in (_COLOUR_FILTER_ARRAY, _LINEAR_RAW):
            return RAW
        bits, formats = tags.get(_BITS), tags.get(_SAMPLE_FORMAT, (1,))
        if not isinstance(bits, tuple) or not isinstance(formats, tuple) or _PHOTOMETRIC not in tags:
            return None
        words = {1: "whole numbers", 2: "signed numbers", 3: "floats"}
        return f"TIFF of {'+'.join(map(str, bits))} bits, {words.get(formats[0], 'of an unknown kind')}, photometric {tags[_PHOTOMETRIC]}"
    except Exception:  # damaged tags raise all kinds of errors
        return None


def _tags(image: Image.Image) -> Any:
    return getattr(image, "tag_v2", {})
