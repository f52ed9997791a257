"""Lays the map of what decided an answer over its face, as in the report: the face in grey, and colours where the map is hot.

Shapes: H×W pixels, h×w cells.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.predict.drawing.overlay import overlay
from mien.predict.placing import Corners

_BAND_PX = 256  # rows at a time, so that a face of many megapixels takes little memory


def lay_map(picture: Image.Image, map_hw: NDArray[np.float32], corners: Corners, *, within_px: tuple[int, int]) -> None:
    """Draws a map with values from 0 to 1 over the square with these corners, in the part of `picture` from its top left corner.

    Between the centres of its cells the map is bilinear, and beyond them constant, as `mien.explain.gradcam.upsampled` has it.
    """
    from scipy.ndimage import map_coordinates

    origin, across, _, down = (np.array(corner) for corner in corners)
    to_square = np.linalg.inv(np.stack([across - origin, down - origin], axis=1))
    xs, ys = zip(*corners, strict=True)
    left, right = max(0, int(min(xs))), min(within_px[0], int(max(xs)) + 1)
    top, bottom = max(0, int(min(ys))), min(within_px[1], int(max(ys)) + 1)
    for start in range(top, bottom if left < right else top, _BAND_PX):
        band = (left, start, right, min(bottom, start + _BAND_PX))
        y, x = np.mgrid[band[1] : band[3], band[0] : band[2]] + 0.5
        u, v = np.tensordot(to_square, np.stack([x - origin[0], y - origin[1]]), axes=1)
        heat = map_coordinates(map_hw, (v * map_hw.shape[0] - 0.5, u * map_hw.shape[1] - 0.5), order=1, mode="nearest")
        is_inside = (u >= 0) & (u < 1) & (v >= 0) & (v < 1)
        pixels = np.array(picture.crop(band))
        pixels[is_inside] = overlay(pixels, heat)[is_inside]
        picture.paste(Image.fromarray(pixels), band[:2])
