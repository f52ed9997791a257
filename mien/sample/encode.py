"""Encodes an image as the bytes of a file, in the formats that cameras, phones and messengers produce.

The same image gives the same bytes: encoders run on one thread each, with fixed settings.
"""

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

_STORED_AS = {  # how the pixels are stored in the file, so that the orientation tag turns them upright
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_ORIENTATION = 0x0112
# With a thread pool x265 writes different bytes than without, so the number of cores would affect the file.
_ONE_THREAD = {"preset": "medium", "x265:pools": "none", "x265:frame-threads": "1", "x265:wpp": "0"}


def jpeg(picture: Image.Image, *, quality: int = 88, orientation: int | None = None) -> bytes:
    """A JPEG; with an EXIF orientation, its pixels are stored rotated in the file."""
    return _save(_turned(picture, orientation), "JPEG", quality=quality, **_exif(orientation))


def heic(picture: Image.Image, *, orientation: int | None = None) -> bytes:
    """A HEIC of quality 90; an orientation is stored as the file's own rotation, as phones do."""
    _register_heif()
    return _save(_turned(picture, orientation), "HEIF", quality=90, enc_params=dict(_ONE_THREAD), **_exif(orientation))


def rgba_png(picture: Image.Image) -> bytes:
    """A PNG whose corners are transparent over white; on a white background it is the image with rounded corners."""
    width, height = picture.size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    distance = (np.abs(x) ** 8 + np.abs(y) ** 8) ** (1 / 8)
    alpha = (255 * np.clip((1.0 - distance) * 40 + 0.5, 0, 1)).astype(np.uint8)
    turned = picture.convert("RGBA")
    turned.putalpha(Image.fromarray(alpha))
    return _save(turned, "PNG")


def grey_png_16_bit(picture: Image.Image) -> bytes:
    """A 16-bit grey PNG, as scanners write it."""
    levels = np.asarray(picture.convert("L"), dtype=np.uint16) * 257
    return _save(Image.fromarray(levels), "PNG")


WRITERS: dict[str, Callable[[Image.Image], bytes]] = {
    "original": jpeg,
    **{f"exif{turn}": lambda picture, turn=turn: jpeg(picture, orientation=turn) for turn in _STORED_AS},  # type: ignore[misc]
    "heic": heic,
    **{f"heic_exif{turn}": lambda picture, turn=turn: heic(picture, orientation=turn) for turn in _STORED_AS},  # type: ignore[misc]
    "heic_named_jpg": heic,
    "png": lambda picture: _save(picture, "PNG"),
    "png_named_jpeg": lambda picture: _save(picture, "PNG"),
    "jpeg_named_png": jpeg,
    "rgba_png": rgba_png,
    "palette_png": lambda picture: _save(picture.quantize(128, dither=Image.Dither.NONE), "PNG"),
    "grey_png_16_bit": grey_png_16_bit,
    "grey_jpeg": lambda picture: jpeg(picture.convert("L")),
    "cmyk_jpeg": lambda picture: jpeg(picture.convert("CMYK"), quality=95),
    "webp": lambda picture: _save(picture, "WEBP", quality=90),
    "gif": lambda picture: _save(picture.quantize(256, dither=Image.Dither.NONE), "GIF"),
    "tiff": lambda picture: _save(picture, "TIFF", compression="tiff_lzw"),
    "bmp": lambda picture: _save(picture, "BMP"),
    "unicode_name": jpeg,
    "unknown_label": jpeg,
}


def near_copy(picture: Image.Image, rng: np.random.Generator) -> bytes:
    """The image as a messenger forwards it: recompressed, and either smaller, slightly cropped, brighter or darker."""
    width, height = picture.size
    change = rng.integers(4)
    if change == 1:
        scale = rng.uniform(0.65, 0.85)
        picture = picture.resize((round(width * scale), round(height * scale)), Image.Resampling.LANCZOS)
    elif change == 2:
        left, top, right, bottom = (round(side * rng.uniform(0.0, 0.03)) for side in (width, height, width, height))
        picture = picture.crop((left, top, width - right, height - bottom))
    elif change == 3:
        picture = ImageEnhance.Brightness(picture).enhance(float(rng.uniform(0.85, 1.12)))
    return jpeg(picture, quality=int(rng.integers(45, 65)))


def mirrored_copy(picture: Image.Image) -> bytes:
    """The mirrored image, as a selfie camera stores it."""
    return jpeg(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), quality=85)


def _turned(picture: Image.Image, orientation: int | None) -> Image.Image:
    turn = _STORED_AS[orientation or 1]
    return picture if turn is None else picture.transpose(turn)


def _exif(orientation: int | None) -> dict[str, bytes]:
    if orientation is None:
        return {}
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    return {"exif": exif.tobytes()}


def _save(picture: Image.Image, name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()


@cache
def _register_heif() -> None:
    import pillow_heif  # imported here, so that only code that writes HEIC has the cost

    pillow_heif.register_heif_opener()
