"""Decodes a file's bytes to an upright sRGB image, or gives the reason why this is impossible."""

import io
import re
import struct
import warnings
from dataclasses import dataclass
from functools import cache

from PIL import Image, UnidentifiedImageError

from mien.convert.colour import to_srgb
from mien.convert.decoding import ico, jpeg, tiff
from mien.convert.decoding.boxes import is_codestream_whole, profile_of_jp2
from mien.convert.decoding.colour_spaces import conversion_by_name
from mien.convert.decoding.exif import turn_to_upright
from mien.convert.decoding.leading import without_leading_text
from mien.convert.decoding.png import Png, read_png
from mien.convert.decoding.pnm import read_pnm
from mien.convert.decoding.reasons import REASONS, Undecodable
from mien.convert.decoding.tga import is_tga
from mien.convert.decoding.visible import with_eight_bits, without_empty_alpha
from mien.convert.integrity import Damage, damage_in
from mien.convert.truncation import JpegFile, webp_misfit
from mien.store.pointers import stands_in
from mien.store.signatures import DECODABLE, HEAD_BYTES, is_svg, signature

__all__ = ["REASONS", "Decoded", "Undecodable", "decode"]

# Pillow's plugins for the formats whose plugin has another name. HEIF and AVIF need both, as the brand may name only their family.
_PLUGINS = {"HEIF": ("HEIF", "AVIF"), "AVIF": ("AVIF", "HEIF"), "JPEG 2000": ("JPEG2000",)}
_ANY = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF")


@dataclass(frozen=True)
class Decoded:
    """A decoded image.

    `image` is upright, of mode RGB and in sRGB. It has full size, or half the width and height for a JPEG of more than
    `max_megapixels`. `source_format` is Pillow's name of the format.
    """

    image: Image.Image
    source_format: str


def decode(content: bytes, *, max_megapixels: float) -> Decoded:
    """Decodes the first image of a file (HEIF: the primary image; TIFF: the first at full resolution). Its format is found by content.

    At most `max_megapixels` (10⁶ pixels) are decoded. No exception other than Undecodable is raised.
    """
    if not content:
        raise Undecodable("empty")
    kind = signature(content[:HEAD_BYTES])
    if kind is None:
        content = without_leading_text(content)
        kind = signature(content[:HEAD_BYTES]) or ("TGA" if is_tga(content) else "SVG" if is_svg(content) else None)
    if kind is None and (instead := stands_in(content)):
        raise Undecodable("not_an_image", instead)
    if kind not in (*DECODABLE, "TGA", None):
        raise Undecodable("unsupported", kind or "")
    with warnings.catch_warnings():  # includes the code that looks for the reason of a failure
        warnings.simplefilter("ignore")
        try:
            return _decode(content, kind, max_megapixels=max_megapixels)
        except Undecodable:
            raise
        except UnidentifiedImageError:
            if kind == "TIFF" and (words := tiff.unknown_kind(content)):
                raise Undecodable("unsupported", words) from None
            raise Undecodable("corrupt" if kind else "not_an_image", f"{kind} that cannot be opened" if kind else "") from None
        except Exception as error:  # decoders raise all kinds of errors on broken input
            text = _stable(error)
            cut = isinstance(error, EOFError | struct.error) or re.search("truncated|end of (file|data)", text, re.IGNORECASE)
            raise Undecodable("truncated" if cut else "corrupt", text) from None


def _decode(content: bytes, kind: str | None, *, max_megapixels: float) -> Decoded:
    _prepare_pillow()
    if kind == "ICO":
        largest = ico.largest_in_icon(content)
        _check_size(*largest.size, max_megapixels=max_megapixels)
        if largest.png is not None:
            return Decoded(_decode(largest.png, "PNG", max_megapixels=max_megapixels).image, "ICO")
    png = read_png(content) if kind == "PNG" else None
    if damage := _damage(content, kind):
        raise Undecodable(*damage)
    file = JpegFile(jpeg.without_tail(content)) if kind == "JPEG" else io.BytesIO(png.content if png else content)
    with Image.open(file, formats=_PLUGINS.get(kind or "", (kind,) if kind else _ANY)) as image:
        source_format = "JPEG" if image.format == "MPO" else image.format or ""
        page = 0
        if source_format == "TIFF":
            page = tiff.choose_page(image)
            tiff.correct_order(image)
        if source_format == "JPEG" and image.width * image.height > max_megapixels * 1e6 and jpeg.can_be_halved(image):
            _check_size(image.width, image.height, max_megapixels=jpeg.MAX_REDUCTION * max_megapixels)
            jpeg.halve(image)
        _check_size(image.width, image.height, max_megapixels=max_megapixels)
        _add_info(image, content, png)
        picture = read_pnm(image, content) if source_format == "PPM" else image
        misfit = _misfit_of_jpeg(file, image) if isinstance(file, JpegFile) else None
        picture.load()
        if source_format == "WEBP":
            misfit = webp_misfit(content, image)
        if misfit:
            raise Undecodable(*misfit)
        by_name = conversion_by_name(image, content, png)
        picture = without_empty_alpha(picture, source_format)
        if by_name is None:
            picture = with_eight_bits(picture, content, source_format, page, png)
        turn = turn_to_upright(image, source_format)
        converted = to_srgb(picture, by_name)
        return Decoded(converted if turn is None else converted.transpose(turn), source_format)


@cache
def _prepare_pillow() -> None:
    """Configures Pillow once per process. `max_megapixels`, which is checked before decoding, replaces Pillow's own limit on pixels."""
    import pillow_heif  # imported here, because `ingest` uses neighbouring modules without it

    Image.MAX_IMAGE_PIXELS = None
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    tiff.prepare_pillow()


def _misfit_of_jpeg(file: JpegFile, image: Image.Image) -> Damage | None:
    """Loads the image; returns what is wrong with its data, or None."""
    misfit = file.load(image)
    if misfit is None and file.is_unended and jpeg.has_foreign_tail(file.getvalue().removesuffix(b"\xff\xd9")):
        return "truncated", "the end mark is missing, and other data follow"
    return misfit


def _damage(content: bytes, kind: str | None) -> Damage | None:
    """The damage that the structure of the file shows, or None."""
    if kind == "JPEG 2000":
        return None if is_codestream_whole(content) else ("truncated", "the end mark is missing")
    return damage_in(content, kind) if kind else None


def _check_size(width: int, height: int, *, max_megapixels: float) -> None:
    if width * height > max_megapixels * 1e6:
        raise Undecodable("too_large", f"{width} x {height} px")


def _add_info(image: Image.Image, content: bytes, png: Png | None) -> None:
    """Adds the colour profile and the orientation to `image.info` if Pillow was not given them or does not read them."""
    if png:
        image.info.update(png.info)
    elif image.format == "JPEG2000" and (profile := profile_of_jp2(content)):
        image.info["icc_profile"] = profile


def _stable(error: Exception) -> str:
    """The error's text on one line, without memory addresses, so that the same file gives the same row."""
    text = re.sub(r"<[^<>]* at 0x[0-9a-f]+>", "file", " ".join(str(error).split()))
    return f"{type(error).__name__}: {text}"[:200]
