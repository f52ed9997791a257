"""Drawn faces for tests: smooth patterns with edges, and landmarks where a face of that size has them."""

import numpy as np
from PIL import Image, ImageDraw

from mien.robustness.corruption import Face, Pixels

LANDMARKS = (0.34, 0.36, 0.66, 0.36, 0.5, 0.55, 0.38, 0.72, 0.62, 0.72)


def drawn(side_px: int = 96, *, number: int = 0, grey: bool = False) -> Pixels:
    """A coarse random pattern, enlarged, with a few sharp lines."""
    draws = np.random.default_rng(number)
    image = Image.fromarray(draws.integers(40, 216, (6, 6, 3), dtype=np.uint8)).resize((side_px, side_px), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        pen.line([tuple(point) for point in (draws.random((2, 2)) * side_px).tolist()], fill=tuple(draws.integers(0, 256, 3).tolist()))
    return np.asarray(image.convert("L").convert("RGB") if grey else image)


def face(side_px: int = 96, *, number: int = 0, grey: bool = False, landmarks: bool = True) -> Face:
    return Face(drawn(side_px, number=number, grey=grey), np.array(LANDMARKS if landmarks else [np.nan] * 10))


def psnr_db(first: Pixels, second: Pixels) -> float:
    """Peak signal-to-noise ratio; infinite for equal images."""
    error = float(((first.astype(float) - second) ** 2).mean())
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)
