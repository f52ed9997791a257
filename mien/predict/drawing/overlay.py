"""Overlays of a map on a face: the face is grey, and the hot regions of the map are coloured. Shapes: S×S pixels, 3 colours."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

INFERNO = "420a68 520e6d 62146e 721a6e 84206b 932667 a32c61 b3325a c33b4f d04545 dd513a e75e2e f06f20 f68013 fa9207 fca50a fbba1f f8cd37"
"""Evenly spaced colours of matplotlib's colour map inferno (CC0) from 0.2 to 0.88, between which a line differs by 2 of 255 levels at most.

Their brightness increases evenly with the heat, so they are readable in grey and with colour blindness. Darker colours would blacken the
face, lighter ones whiten it. The page of `mien serve` has the same colours."""
OPACITY = 0.6  # at the hottest pixel; the face stays visible below
FADING = 1.5  # exponent of the opacity, with which medium heat hardly tints the face


def overlay(picture_SS3: Picture, map_SS: NDArray[np.floating]) -> Picture:
    """Return the image in grey under its map in [0, 1] of the same size: hotter pixels have more colour, pixels at 0 are grey."""
    assert picture_SS3.shape[:2] == map_SS.shape, (picture_SS3.shape, map_SS.shape)
    grey_SS1 = np.asarray(Image.fromarray(picture_SS3).convert("L"), dtype=np.float64)[..., None]
    heat_SS = np.clip(np.asarray(map_SS, dtype=np.float64), 0, 1)
    colours_SS3 = _palette()[np.rint(heat_SS * 255).astype(np.intp)]
    alpha_SS1 = OPACITY * heat_SS[..., None] ** FADING
    return np.rint((1 - alpha_SS1) * grey_SS1 + alpha_SS1 * colours_SS3).astype(np.uint8)


@cache
def _palette() -> NDArray[np.float64]:
    """256 colours, 0-255, from cool to hot."""
    colours = np.array([list(bytes.fromhex(colour)) for colour in INFERNO.split()], dtype=np.float64)
    places = np.linspace(0, 255, len(colours))
    return np.stack([np.interp(np.arange(256), places, levels) for levels in colours.T], axis=1)
