"""Photographs of mixed sizes and formats: drawn faces of mien.sample, or the files of a folder."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from mien.sample.expression import LOOKS
from mien.sample.portrait import draw_portrait

SIZES = ((48, "PNG", 4), (224, "JPEG", 5), (640, "JPEG", 6), (1280, "WEBP", 1), (1600, "JPEG", 3), (3000, "JPEG", 1))
"""shorter side in pixels, format, and how many of 20 pictures have them"""


def drawn(*, seed: int = 0) -> list[bytes]:
    """20 pictures with the shares of SIZES."""
    rng = np.random.default_rng(seed)
    portraits = [draw_portrait(label, rng, size_px=640) for label in LOOKS]
    kinds = [(side_px, kind) for side_px, kind, num in SIZES for _ in range(num)]
    return [_encoded(portraits[place % len(portraits)], side_px, kind) for place, (side_px, kind) in enumerate(kinds)]


def _encoded(image: Image.Image, side_px: int, kind: str) -> bytes:
    scale = side_px / min(image.size)
    file = io.BytesIO()
    resized = image.resize((round(scale * image.width), round(scale * image.height)), Image.Resampling.BICUBIC)
    resized.save(file, kind, **({} if kind == "PNG" else {"quality": 90}))
    return file.getvalue()


def of_folder(folder: Path) -> list[bytes]:
    """The content of every file of a folder, by name."""
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]
