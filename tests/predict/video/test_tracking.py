"""Laws of the numbers of faces."""

import numpy as np
import pytest

from mien.align.geometry import Box
from mien.predict.video.tracking import MEMORY_S, Tracker, iou


def box(x: float, y: float = 50, side: float = 40) -> Box:
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def test_overlap_is_that_of_pixels() -> None:
    rng = np.random.default_rng(0)
    boxes = [tuple(sorted(rng.integers(0, 20, 2).tolist()) + sorted(rng.integers(0, 20, 2).tolist())) for _ in range(30)]
    boxes = [(left, top, right + 1, bottom + 1) for left, right, top, bottom in boxes]
    masks = np.zeros((30, 21, 21), bool)
    for mask, (left, top, right, bottom) in zip(masks, boxes, strict=True):
        mask[top:bottom, left:right] = True
    both = (masks[:, None] & masks[None]).sum((2, 3))
    either = (masks[:, None] | masks[None]).sum((2, 3))
    np.testing.assert_allclose(iou(boxes, boxes), both / either)
    assert iou([], boxes).shape == (0, 30)


def test_a_face_that_moves_keeps_its_number() -> None:
    tracker = Tracker()
    assert [tracker.assign([box(50 + 15 * step, side=40 + step)], step * 0.4) for step in range(20)] == [[1]] * 20


@pytest.mark.parametrize("is_swapped", [False, True])
def test_two_faces_that_approach_without_crossing_keep_theirs_whatever_the_order(is_swapped: bool) -> None:
    tracker = Tracker()
    for step in range(21):
        apart = 14 + 8 * abs(10 - step)  # at the nearest, each overlaps the other by half
        boxes, numbers = [box(200 - apart / 2), box(200 + apart / 2)], [1, 2]
        if is_swapped and step % 2:
            boxes, numbers = boxes[::-1], numbers[::-1]
        assert tracker.assign(boxes, step * 0.4) == numbers


def test_a_face_that_was_unseen_for_a_moment_keeps_its_number_and_later_it_gets_a_new_one() -> None:
    tracker = Tracker()
    assert tracker.assign([box(50), box(150)], 0.0) == [1, 2]
    assert tracker.assign([box(150)], 1.0) == [2]
    assert tracker.assign([box(55), box(150)], MEMORY_S) == [1, 2]
    assert tracker.assign([box(150)], MEMORY_S + 1) == [2]
    assert tracker.assign([box(55), box(150)], 2 * MEMORY_S + 0.1) == [3, 2]


def test_a_face_elsewhere_is_another_and_a_cut_ends_all() -> None:
    tracker = Tracker()
    assert tracker.assign([box(50)], 0.0) == [1] and tracker.assign([box(120)], 0.4) == [2]
    tracker.forget()
    assert tracker.assign([box(120)], 0.8) == [3] and tracker.assign([], 1.2) == []


def test_the_sum_of_overlaps_counts_and_not_who_is_first() -> None:
    tracker = Tracker()
    tracker.assign([box(100), box(124)], 0.0)
    # The left box lies nearest to the second face, but the right one is that face's only possible successor, so the left is the first's.
    assert tracker.assign([box(118), box(142)], 0.4) == [1, 2]
