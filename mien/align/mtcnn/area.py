"""Resizing by area, as PyTorch's `interpolate(mode="area")` does it: a pixel of the result is the mean of all pixels that it touches.

MTCNN needs one image at many sizes and hundreds of small crops from it, and a summed-area table (Crow 1984) gives each mean with four
look-ups, whatever the size. All sums are whole numbers, which single precision holds exactly for areas of up to 65,000 pixels, so the
results are those of PyTorch to the last bit.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

Images = npt.NDArray[np.float32]  # (n, 3, height, width)
Indices = npt.NDArray[np.int64]


class AreaTable:
    """The summed-area table of an RGB image."""

    def __init__(self, image: Image.Image) -> None:
        self.width_px, self.height_px = image.size
        pixels = np.asarray(image)
        # Four 32-bit sums per pixel, of which the last is unused, because NumPy copies items of 16 bytes much faster than items of 12.
        # The sums of a large image overflow, but their differences are still right.
        table = np.zeros((self.height_px + 1, self.width_px + 1, 4), np.uint32)
        for channel in range(3):  # a third of the time that one cumsum of all takes
            np.cumsum(pixels[:, :, channel], axis=1, dtype=np.uint32, out=table[1:, 1:, channel])
        for above, row in pairwise(table.reshape(len(table), -1)):  # half of the time of cumsum along columns
            row += above
        self._table = table

    def resized(self, height_px: int, width_px: int) -> Images:
        """The whole image at another size: (1, 3, height_px, width_px), values from 0 to 255."""
        top, bottom = _reaches(np.zeros(1, np.int64), np.array([self.height_px]), height_px)
        left, right = _reaches(np.zeros(1, np.int64), np.array([self.width_px]), width_px)
        rows = self._table.take(bottom[0], axis=0)
        rows -= self._table.take(top[0], axis=0)
        sums = rows.take(right[0], axis=1)
        sums -= rows.take(left[0], axis=1)
        return _means(sums[None], bottom - top, right - left)

    def crops(self, boxes: Indices, size_px: int) -> Images:
        """Square crops at one size: (n, 3, size_px, size_px), values from 0 to 255.

        `boxes` (n, 4) are left, top, right and bottom in whole pixels, not empty and within the image; pixel i reaches from i to i + 1.
        """
        left, right = _reaches(boxes[:, 0], boxes[:, 2] - boxes[:, 0], size_px)
        top, bottom = _reaches(boxes[:, 1], boxes[:, 3] - boxes[:, 1], size_px)
        sums_of = self._table.reshape(-1, 4)
        above, below = top[:, :, None] * (self.width_px + 1), bottom[:, :, None] * (self.width_px + 1)
        before, behind = left[:, None], right[:, None]
        sums = sums_of.take(below + behind, axis=0)
        sums -= sums_of.take(above + behind, axis=0)
        sums -= sums_of.take(below + before, axis=0)
        sums += sums_of.take(above + before, axis=0)
        return _means(sums, bottom - top, right - left)


def _reaches(start: Indices, length_px: Indices, num: int) -> tuple[Indices, Indices]:
    """First pixel and end of what each of `num` new pixels touches along one axis, for n stretches of an image: (n, num) both."""
    number = np.arange(num)
    first, length = start[:, None], length_px[:, None]
    return first + number * length // num, first - (number + 1) * -length // num


def _means(sums: npt.NDArray[np.uint32], heights: Indices, widths: Indices) -> Images:
    """From sums (n, height, width, 4) over areas of those heights (n, height) and widths (n, width)."""
    means = sums[..., :3].transpose(0, 3, 1, 2).astype(np.float32, order="C")
    means /= heights[:, None, :, None].astype(np.float32)
    means /= widths[:, None, None, :].astype(np.float32)
    return means
