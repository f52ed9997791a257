"""Boxes of candidates (n, 4) as left, top, right and bottom, in single precision and with the roundings of facenet-pytorch.

The first corner of a box is the centre of its first pixel in one step of MTCNN and its outer edge in the next, hence the additions of one.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mien.align.mtcnn.area import Indices

Floats = npt.NDArray[np.float32]
_BLOCK = 128  # boxes that are compared at once


def scaled_cells(rows: Indices, columns: Indices, *, scale: float) -> Floats:
    """The boxes that the first network's cells see of the image, when it looks at the image reduced to `scale` times its size."""
    first = 2 * np.stack([columns, rows], axis=1).astype(np.float32)
    return np.concatenate([np.floor((first + 1) / np.float32(scale)), np.floor((first + 12) / np.float32(scale))], axis=1)


def moved(boxes: Floats, shares: Floats, *, extra_px: int) -> Floats:
    """Each side moved by a share of the box's width or height, to which `extra_px` is added."""
    sizes = boxes[:, 2:] - boxes[:, :2] + np.float32(extra_px)
    result: Floats = boxes + shares * np.concatenate([sizes, sizes], axis=1)
    return result


def squared(boxes: Floats) -> Floats:
    """Squares with the centre and the longer side of each box."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    side = sizes.max(axis=1, keepdims=True)
    first = boxes[:, :2] + sizes * np.float32(0.5) - side * np.float32(0.5)
    return np.concatenate([first, first + side], axis=1)


def within(boxes: Floats, *, width_px: int, height_px: int) -> Indices:
    """The pixels of each box that lie in the image: first, and end. A box outside the image is empty or turned inside out."""
    pixels = np.trunc(boxes).astype(np.int64)
    first = np.maximum(pixels[:, :2], 1) - 1
    return np.concatenate([first, np.minimum(pixels[:, 2:], (width_px, height_px))], axis=1)


Overlaps = Callable[[Floats, Floats], Floats]  # of boxes (n, 4) and (m, 4): (n, m)


def intersection_over_union(boxes: Floats, others: Floats) -> Floats:
    shared, areas, areas_of_others = _areas(boxes, others, extra_px=0)
    return shared / (areas + areas_of_others - shared)


def intersection_over_smaller(boxes: Floats, others: Floats) -> Floats:
    shared, areas, areas_of_others = _areas(boxes, others, extra_px=1)
    return (shared / np.minimum(areas, areas_of_others)).astype(np.float32, copy=False)


def _areas(boxes: Floats, others: Floats, *, extra_px: int) -> tuple[Floats, Floats, Floats]:
    """The area that each pair of boxes shares (n, m), and the areas of both: (n, 1), (m)."""
    extra = np.float32(extra_px)
    left, top, right, bottom = boxes.T[:, :, None]
    left_m, top_m, right_m, bottom_m = others.T
    width = np.minimum(right, right_m) - np.maximum(left, left_m) + extra
    height = np.minimum(bottom, bottom_m) - np.maximum(top, top_m) + extra
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    areas = (right - left + extra) * (bottom - top + extra)
    return shared, areas, (right_m - left_m + extra) * (bottom_m - top_m + extra)


def suppressed(boxes: Floats, order: Indices, *, overlap: Overlaps, most: float) -> Indices:
    """Non-maximum suppression: goes through the boxes in this order and keeps each that overlaps none kept before by more than `most`.

    Returns the kept ones in this order. Boxes are compared in blocks, so memory grows with their number and not with its square.
    """
    kept = order[:0]
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        block = block[~(overlap(boxes[kept], boxes[block]) > most).any(axis=0)]
        over = overlap(boxes[block], boxes[block]) > most
        is_kept = np.ones(len(block), bool)
        for number in range(len(block)):
            if is_kept[number]:
                is_kept[number + 1 :] &= ~over[number, number + 1 :]
        kept = np.concatenate([kept, block[is_kept]])
    return kept
