"""Covers a region of the face: what sunglasses, a mask, a hand or a cup do."""

from mien.explain.regions import region_masks
from mien.robustness.corruption import Face, Pixels, rounded

SIZES = (0.8, 1.0, 1.2, 1.4, 1.6)
"""factors of the region's lengths; from 0.76 on, the landmarks themselves are covered"""
AMOUNT = "size of the cover, 1 is the region of the class activation maps"


def covered(face: Face, region: str, size: float) -> Pixels:
    """With the region in the mean colour of the image, which is neither bright nor dark nor patterned, so that the cover itself says
    nothing.
    """
    assert face.has_landmarks
    mask_SS = region_masks(face.landmarks_10[None], 1.0, face.side_px, size=size)[region][0].numpy()
    image_SS3 = face.image_SS3.copy()
    image_SS3[mask_SS] = rounded(face.image_SS3.mean(axis=(0, 1)))
    return image_SS3
