"""Drawn portraits as files of every kind that convert decodes, and sound photographs of a folder or zip."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from mien.convert.decoding import Undecodable, decode
from mien.sample.portrait import draw_portrait
from mien.store.signatures import HEAD_BYTES, signature

MAX_BYTES = 2**21
# What Pillow calls the writer, its options, and the mode if it is not RGB.
FORMATS: dict[str, tuple[str, dict[str, object], str]] = {
    "JPEG baseline": ("JPEG", {"quality": 90}, "RGB"),
    "JPEG progressive": ("JPEG", {"quality": 85, "progressive": True}, "RGB"),
    "JPEG with restarts": ("JPEG", {"quality": 90, "restart_marker_rows": 1}, "RGB"),
    "JPEG of CMYK": ("JPEG", {"quality": 85}, "CMYK"),
    "PNG": ("PNG", {}, "RGB"),
    "PNG of 16 bits": ("PNG", {}, "I;16"),
    "WebP": ("WEBP", {"quality": 80, "method": 2}, "RGB"),
    "WebP lossless": ("WEBP", {"lossless": True, "method": 0}, "RGBA"),
    "TIFF": ("TIFF", {}, "RGB"),
    "TIFF deflated": ("TIFF", {"compression": "tiff_adobe_deflate"}, "RGB"),
    "TIFF of LZW": ("TIFF", {"compression": "tiff_lzw"}, "L"),
    "TIFF of JPEG": ("TIFF", {"compression": "jpeg"}, "RGB"),
    "BMP": ("BMP", {}, "RGB"),
    "GIF": ("GIF", {}, "P"),
    "HEIC": ("HEIF", {"quality": 80}, "RGB"),
    "AVIF": ("AVIF", {"quality": 75, "speed": 8}, "RGB"),
    "JPEG 2000": ("JPEG2000", {}, "RGB"),
    "JPEG 2000 codestream": ("JPEG2000", {"no_jp2": True}, "RGB"),
    "PGM": ("PPM", {}, "L"),
    "PPM": ("PPM", {}, "RGB"),
    "PCX": ("PCX", {}, "RGB"),
    "TGA": ("TGA", {}, "RGB"),
    "TGA in runs": ("TGA", {"compression": "tga_rle"}, "RGBA"),
    "ICO": ("ICO", {"sizes": [(64, 64), (32, 32)]}, "RGBA"),
    "ICO of bitmaps": ("ICO", {"sizes": [(64, 64)], "bitmap_format": "bmp"}, "RGBA"),
}


def drawn(name: str, seed: int, *, size_px: int = 128) -> bytes:
    """A portrait as a file of one of FORMATS, with EXIF and a comment where the kind has room for them."""
    pillow_heif.register_heif_opener()
    kind, options, mode = FORMATS[name]
    image = draw_portrait("happy", np.random.default_rng(seed), size_px=size_px)
    image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    if kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        exif = Image.Exif()
        exif[274], exif[271] = 6, "drawn"
        options = options | {"exif": exif}
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(source: Path) -> Iterator[bytes]:
    """The files of a zip or folder that are sound images, of at most MAX_BYTES."""
    if source.is_dir():
        contents = (path.read_bytes() for path in sorted(source.rglob("*")) if path.is_file())
    else:
        archive = zipfile.ZipFile(source)
        contents = (archive.read(entry) for entry in archive.infolist() if not entry.is_dir())
    for content in contents:
        if len(content) < MAX_BYTES and signature(content[:HEAD_BYTES]):
            try:
                decode(content, max_megapixels=50)
            except Undecodable:
                continue
            yield content
