"""Gives the faces of a video numbers that stay with a person from one detection to the next."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from mien.align.geometry import Box

MIN_IOU = 0.1
"""A face is the same as before if the two boxes overlap at least so much (intersection over union)."""
MEMORY_S = 2.0
"""for how long a face may be unseen and keep its number"""


class Tracker:
    """Assigns boxes to tracks so that the sum of the overlaps is largest; what overlaps no living track begins a new one."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[float, Box]] = {}
        self._next = 1

    def assign(self, boxes: Sequence[Box], time_s: float) -> list[int]:
        """The number of each box, from 1 in the order in which they first appear."""
        known = [(number, box) for number, (seen_s, box) in self._last.items() if time_s - seen_s <= MEMORY_S]
        overlaps = iou([box for _, box in known], boxes)
        overlaps[overlaps < MIN_IOU] = 0  # before the assignment, so that a hopeless pair takes no partner from a good one
        numbers = [0] * len(boxes)
        for row, column in zip(*linear_sum_assignment(overlaps, maximize=True), strict=True):
            if overlaps[row, column]:
                numbers[column] = known[row][0]
        for place, number in enumerate(numbers):
            if not number:
                numbers[place] = self._next
                self._next += 1
        self._last = {number: (self._last[number]) for number, _ in known} | dict(
            zip(numbers, ((time_s, box) for box in boxes), strict=True)
        )
        return numbers

    def forget(self) -> None:
        """Ends all tracks, as at a cut."""
        self._last = {}


def iou(first: Sequence[Box], second: Sequence[Box]) -> NDArray[np.float64]:
    """Intersection over union of each box of one list with each of the other, (len(first), len(second))."""
    a, b = np.array(first, float).reshape(-1, 1, 4), np.array(second, float).reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    both = sides.clip(0).prod(axis=-1)
    areas = (a[..., 2:] - a[..., :2]).prod(axis=-1) + (b[..., 2:] - b[..., :2]).prod(axis=-1)
    return both / np.maximum(areas - both, 1e-9)  # type: ignore[no-any-return]
