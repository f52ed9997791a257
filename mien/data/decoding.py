"""A file's bytes to an upright sRGB picture, or the reason why there is none."""

import io
import re
import warnings
from dataclasses import dataclass
from functools import cache

from PIL import Image, UnidentifiedImageError

from mien.data.colour import to_srgb
from mien.data.integrity import jpeg_with_filler, missing_part
from mien.data.pointers import stands_in
from mien.data.signatures import DECODABLE, HEAD_BYTES, signature

REASONS = ("empty", "not_an_image", "unsupported", "truncated", "corrupt", "too_large", "decoder_crash")

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION, _NEW_SUBFILE_TYPE = 274, 254
_GREY = {0, 127, 128}


class Undecodable(Exception):
    """`reason` is one of REASONS; `detail` says more, the same for the same bytes."""

    def __init__(self, reason: str, detail: str = "") -> None:
        assert reason in REASONS, reason
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Decoded:
    """`image` is upright, mode RGB, in sRGB, at full size; `source_format` is Pillow's name."""

    image: Image.Image
    source_format: str


def decode(content: bytes, *, max_megapixels: float) -> Decoded:
    """The first (HEIF: the primary) picture of a file, whose type is told by its content. Raises Undecodable, and nothing else."""
    if not content:
        raise Undecodable("empty")
    kind = signature(content[:HEAD_BYTES])
    if not kind and (instead := stands_in(content)):
        raise Undecodable("not_an_image", instead)
    if kind not in DECODABLE and kind is not None:
        raise Undecodable("unsupported", kind)
    if kind and (missing := missing_part(content, kind)):
        raise Undecodable("corrupt" if kind == "PNG" else "truncated", missing)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(content, max_megapixels=max_megapixels)
    except Undecodable:
        raise
    except UnidentifiedImageError:
        raise Undecodable("corrupt" if kind else "not_an_image", f"{kind} that cannot be opened" if kind else "") from None
    except Exception as error:  # decoders raise of every kind on broken input
        text = _stable(error)
        cut = isinstance(error, EOFError) or re.search("truncated|end of (file|data)", text, re.IGNORECASE)
        raise Undecodable("truncated" if cut else "corrupt", text) from None


def _decode(content: bytes, *, max_megapixels: float) -> Decoded:
    _prepare_pillow()
    with Image.open(io.BytesIO(content), formats=DECODABLE) as image:
        source_format = "JPEG" if image.format == "MPO" else image.format or ""
        megapixels = image.width * image.height / 1e6
        if megapixels > max_megapixels:
            raise Undecodable("too_large", f"{image.width} x {image.height} px")
        if source_format == "TIFF" and getattr(image, "tag_v2", {}).get(_NEW_SUBFILE_TYPE, 0) & 1:
            raise Undecodable("unsupported", "camera raw: its first picture is only a preview")
        image.load()
        if source_format == "JPEG" and _ends_in_filled_up_grey(image, content):
            raise Undecodable("truncated", "the picture data end before the picture")
        # libheif has turned a HEIC already; its orientation tag must not turn it again.
        turn = None if source_format == "HEIF" else _TURNS.get(_orientation(image))
        upright = to_srgb(image)
        return Decoded(upright if turn is None else upright.transpose(turn), source_format)


@cache
def _prepare_pillow() -> None:
    """Once per process. Pillow's own limit on pixels gives way to `max_megapixels`, which is checked before pixels are decoded."""
    import pillow_heif  # here, because sources need this module's neighbours without it

    Image.MAX_IMAGE_PIXELS = None
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def _orientation(image: Image.Image) -> int:
    """The EXIF (or XMP) orientation, 1 to 8; 1 where there is none or it cannot be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # broken EXIF is common and no reason to lose the picture
        return 1


def _ends_in_filled_up_grey(image: Image.Image, content: bytes) -> bool:
    """Whether libjpeg made up the last part of the picture: it does so in exact mid-grey. A picture may be grey there itself;
    then other data before the end mark changes nothing. Only pictures with a grey corner pay for the second decoding."""
    width, height = image.size
    corner = image.crop((max(0, width - 4), max(0, height - 4), width, height))
    colours = corner.getcolors(1)
    levels = colours[0][1] if colours else ()
    if not set(levels if isinstance(levels, tuple) else (levels,)) <= _GREY or not colours:
        return False
    filled = jpeg_with_filler(content)
    if filled is None:
        return False
    with Image.open(io.BytesIO(filled), formats=DECODABLE) as other:
        other.load()
        return other.tobytes() != image.tobytes()


def _stable(error: Exception) -> str:
    """The error's text on one line, without memory addresses, so that the same file gives the same row."""
    text = re.sub(r"<[^<>]* at 0x[0-9a-f]+>", "file", " ".join(str(error).split()))
    return f"{type(error).__name__}: {text}"[:200]
