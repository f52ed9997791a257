"""Overlays of a map on a face: the face is grey, and the hot regions of the map are coloured. Shapes: S×S pixels, 3 colours."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

COLOURS = "inferno"  # its brightness increases evenly with the heat, so it is readable in grey and with colour blindness
COOLEST, HOTTEST = 0.2, 0.88  # part of the colour map that is used: darker colours would blacken the face, lighter ones whiten it
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
    from matplotlib import colormaps  # imported here so that importing this module stays fast

    colours = colormaps[COLOURS](np.linspace(COOLEST, HOTTEST, 256))[:, :3]
    palette: NDArray[np.float64] = colours * 255
    return palette
