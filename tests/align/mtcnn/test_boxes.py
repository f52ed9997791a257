"""Arithmetic of boxes beside facenet-pytorch's and torchvision's, to the last bit."""

import numpy as np
import pytest
import torch
from facenet_pytorch.models.utils import detect_face
from torchvision.ops import nms

from mien.align.mtcnn import boxes as own
from mien.align.mtcnn.boxes import Floats


def random_boxes(num: int, seed: int, *, whole: bool = False) -> tuple[Floats, Floats]:
    """Boxes that overlap much, with scores of which some are equal."""
    rng = np.random.default_rng(seed)
    first, sizes = rng.uniform(-20, 150, (num, 2)), rng.uniform(15, 80, (num, 2))
    boxes = np.concatenate([first, first + sizes], axis=1).astype(np.float32)
    scores = (rng.integers(0, 900, num) / 900).astype(np.float32)
    return (np.floor(boxes).astype(np.float32) if whole else boxes), scores


@pytest.mark.parametrize("scale", [12 / 20 * 0.709**step for step in range(10)])
def test_cells_of_the_first_network(scale: float) -> None:
    score = torch.from_numpy(np.random.default_rng(0).uniform(size=(1, 90, 120)).astype(np.float32))
    theirs, _ = detect_face.generateBoundingBox(torch.zeros(1, 4, 90, 120), score, scale, 0.6)
    rows, columns = np.nonzero(score[0].numpy() >= np.float32(0.6))
    np.testing.assert_array_equal(own.scaled_cells(rows, columns, scale=scale), theirs[:, :4].numpy())


def test_boxes_move_and_become_squares() -> None:
    boxes, _ = random_boxes(200, 1)
    shares = np.random.default_rng(2).normal(0, 0.2, boxes.shape).astype(np.float32)
    theirs = detect_face.bbreg(torch.from_numpy(boxes.copy()), torch.from_numpy(shares))
    np.testing.assert_array_equal(own.moved(boxes, shares, extra_px=1), theirs.numpy())
    np.testing.assert_array_equal(own.squared(boxes), detect_face.rerec(torch.from_numpy(boxes.copy())).numpy())


def test_pixels_within_the_image() -> None:
    boxes, _ = random_boxes(300, 3)
    top, bottom, left, right = detect_face.pad(torch.from_numpy(boxes.copy()), 120, 100)  # counted from 1, the end included
    np.testing.assert_array_equal(own.within(boxes, width_px=120, height_px=100), np.stack([left - 1, top - 1, right, bottom], axis=1))


@pytest.mark.parametrize("num", [0, 1, 2, 127, 128, 129, 700])
@pytest.mark.parametrize("most", [0.5, 0.7])
def test_suppression_by_the_union(num: int, most: float) -> None:
    boxes, scores = random_boxes(num, num, whole=True)
    found = own.suppressed(boxes, np.argsort(-scores, kind="stable"), overlap=own.intersection_over_union, most=most)
    assert found.tolist() == nms(torch.from_numpy(boxes), torch.from_numpy(scores), most).tolist()
    assert num < 100 or len(found) < num


@pytest.mark.parametrize("num", [0, 1, 2, 127, 128, 129, 700])
def test_suppression_by_the_smaller_box(num: int) -> None:
    boxes, scores = random_boxes(num, num)
    found = own.suppressed(boxes, np.argsort(scores)[::-1], overlap=own.intersection_over_smaller, most=0.7)
    expected = detect_face.nms_numpy(boxes, scores, 0.7, "Min")
    assert found.tolist() == expected.reshape(-1).tolist()
    assert num < 100 or len(found) < num
