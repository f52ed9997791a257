"""JPEG compression: a file that a messenger or a web page made small."""

import io

import numpy as np
from PIL import Image

from mien.robustness.corruption import PUBLISHED, Corruption, Face, Pixels


def compressed(face: Face, quality: float, _: np.random.Generator) -> Pixels:
    """Encoded as JPEG with libjpeg's `quality` (1 to 95) and Pillow's default chroma subsampling, and decoded."""
    file = io.BytesIO()
    Image.fromarray(face.image_SS3).save(file, "JPEG", quality=int(quality))
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


CORRUPTION = Corruption(
    title="JPEG compression",
    amounts=(65, 58, 50, 40, 25),
    amount="quality, 1 to 95",
    source=PUBLISHED,
    apply=compressed,
)
