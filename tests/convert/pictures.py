"""Pictures to decode: a smooth one without any symmetry, so that every turn of it looks different."""

import io

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from mien.convert.decoding import Undecodable, decode

pillow_heif.register_heif_opener()


def smooth(width: int = 96, height: int = 64, *, seed: int = 0) -> Image.Image:
    """An RGB picture of large soft patches, different in each corner."""
    generator = np.random.default_rng(seed)
    patches = Image.fromarray(generator.integers(0, 256, (3, 4, 3)).astype(np.uint8))
    return patches.resize((width, height), Image.Resampling.BICUBIC)


def noisy(width: int = 96, height: int = 64, *, seed: int = 0) -> Image.Image:
    """The same with grain, so that there are data to lose everywhere."""
    levels = np.asarray(smooth(width, height, seed=seed)).astype(int)
    grain = np.random.default_rng(seed).normal(0, 12, levels.shape).astype(int)
    return Image.fromarray((levels + grain).clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixels(image: Image.Image) -> NDArray[np.int64]:
    return np.asarray(image).astype(np.int64)


def difference(first: Image.Image, second: Image.Image) -> float:
    """Mean absolute difference in levels; infinite for different sizes."""
    return float(abs(pixels(first) - pixels(second)).mean()) if first.size == second.size else float("inf")


def outcome(content: bytes) -> Image.Image | str:
    """The picture that a file is decoded to, or the reason why there is none."""
    try:
        return decode(content, max_megapixels=1).image
    except Undecodable as error:
        return error.reason
