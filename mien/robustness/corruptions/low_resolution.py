"""Low resolution: a face that is small in the photograph, and has to be enlarged for the network.

Group and surveillance photographs have faces of such sizes. The amount is the number of pixels and no share of the side, because the same
face is no worse for being stored larger. ImageNet-C's `pixelate` gives shares (for 64 px images 0.9 to 0.5), which hardly change what a
network sees of faces that are stored larger than its input.
"""

import numpy as np
from PIL import Image

from mien.robustness.corruption import OWN, Corruption, Face, Pixels


def coarsened(face: Face, face_px: float, _: np.random.Generator) -> Pixels:
    """Reduced to a side of `face_px` by the mean of the pixels, and enlarged again (bicubic), as a small face is for the network.

    A face that is not larger is left as it is.
    """
    small_px = min(int(face_px), face.side_px)
    if small_px == face.side_px:
        return face.image_SS3
    image = Image.fromarray(face.image_SS3).resize((small_px, small_px), Image.Resampling.BOX)
    return np.asarray(image.resize((face.side_px, face.side_px), Image.Resampling.BICUBIC))


CORRUPTION = Corruption(
    title="low resolution",
    amounts=(32, 24, 16, 12, 8),
    amount="side of the face, pixels",
    source=OWN,
    apply=coarsened,
)
