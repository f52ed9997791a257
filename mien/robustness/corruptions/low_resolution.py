"""Low resolution: a face that is small in the photograph, which has to be enlarged for the network.

The factors of ImageNet-C's `pixelate` for 64 px images (0.9 to 0.5) hardly change what a network sees, because faces are stored larger than
most inputs; surveillance and group photographs have faces of 12 to 32 px.
"""

import numpy as np
from PIL import Image

from mien.robustness.corruption import OWN, Corruption, Face, Pixels


def coarsened(face: Face, share: float, _: np.random.Generator) -> Pixels:
    """Reduced to `share` of the side by the mean of the pixels, and enlarged again (bicubic), as a small face is for the network."""
    small_px = max(1, round(share * face.side_px))
    image = Image.fromarray(face.image_SS3).resize((small_px, small_px), Image.Resampling.BOX)
    return np.asarray(image.resize((face.side_px, face.side_px), Image.Resampling.BICUBIC))


CORRUPTION = Corruption(
    title="low resolution",
    amounts=(1 / 2, 1 / 3, 1 / 4, 1 / 6, 1 / 8),
    amount="share of the pixels along a side",
    source=OWN,
    apply=coarsened,
)
