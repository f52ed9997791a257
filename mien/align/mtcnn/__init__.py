"""Face detection by MTCNN (Zhang et al. 2016, "Joint face detection and alignment using multitask cascaded convolutional networks",
arXiv:1604.02878), with NumPy and ONNX Runtime.

A first network looks for faces at many scales, a second rejects most of its candidates, and a third decides, and finds the landmarks. The
networks and every detail of the cascade are those of facenet-pytorch 2.6, and tests compare the faces with those that it finds.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from mien.align.geometry import Face
from mien.align.mtcnn.area import AreaTable, Indices
from mien.align.mtcnn.boxes import (
    Floats,
    intersection_over_smaller,
    intersection_over_union,
    moved,
    scaled_cells,
    squared,
    suppressed,
    within,
)
from mien.align.mtcnn.networks import Network

__all__ = ["SMALLEST_FACE_PX", "FaceDetector"]

SMALLEST_FACE_PX = 20  # an image with a shorter side is not searched
_CELL_PX = 12  # what the first network sees at once
_STEP = 0.709  # from one scale to the next; halves the area
_LEAST_SCORES = np.array([0.6, 0.7, 0.7], np.float32)  # of the three networks
_MOST_CROPS = 64  # in one run, so that an image with thousands of candidates needs little more memory than others


class FaceDetector:
    """Finds faces with their five landmarks. Several threads may share one detector."""

    def __init__(self) -> None:
        self._propose, self._refine, self._decide = Network("pnet"), Network("rnet"), Network("onet")

    def detect(self, image: Image.Image) -> list[Face]:
        """The faces of an RGB image, largest first; empty for an image that is too small for MTCNN."""
        if min(image.size) < SMALLEST_FACE_PX:
            return []
        table = AreaTable(image)
        boxes, scores, landmarks = self._decided(table, self._refined(table, self._proposed(table)))
        sides = boxes[:, 2:] - boxes[:, :2]
        order = np.argsort(sides[:, 0] * sides[:, 1], kind="stable")[::-1]
        return [Face(box=tuple(boxes[i].tolist()), score=float(scores[i]), landmarks=landmarks[i]) for i in order]

    def _proposed(self, table: AreaTable) -> Floats:
        """Squares in which the first network, which sees the image at many scales, finds something like a face."""
        found = []
        for scale in _scales(table):
            image = table.resized(int(table.height_px * scale + 1), int(table.width_px * scale + 1))
            (score_HW,), (shares_4HW,) = self._propose(image)
            rows, columns = np.nonzero(score_HW >= _LEAST_SCORES[0])
            boxes, scores, shares = scaled_cells(rows, columns, scale=scale), score_HW[rows, columns], shares_4HW[:, rows, columns].T
            kept = suppressed(boxes, _best_first(scores), overlap=intersection_over_union, most=0.5)
            found.append((boxes[kept], scores[kept], shares[kept]))
        boxes, scores, shares = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = suppressed(boxes, _best_first(scores), overlap=intersection_over_union, most=0.7)
        return squared(moved(boxes[kept], shares[kept], extra_px=0))

    def _refined(self, table: AreaTable, boxes: Floats) -> Floats:
        """The squares that the second network accepts, moved to the face."""
        boxes, (scores, shares) = _asked(self._refine, table, boxes, size_px=24)
        passing = scores > _LEAST_SCORES[1]
        boxes, scores, shares = boxes[passing], scores[passing], shares[passing]
        kept = suppressed(boxes, _best_first(scores), overlap=intersection_over_union, most=0.7)
        return squared(moved(boxes[kept], shares[kept], extra_px=1))

    def _decided(self, table: AreaTable, boxes: Floats) -> tuple[npt.NDArray[np.float64], Floats, npt.NDArray[np.float64]]:
        """Boxes (n, 4), scores (n) and landmarks (n, 5, 2) of the faces that the third network accepts."""
        boxes, (scores, shares, points) = _asked(self._decide, table, boxes, size_px=48)
        passing = scores > _LEAST_SCORES[2]
        boxes, scores, shares, points = boxes[passing], scores[passing], shares[passing], points[passing]
        sides = boxes[:, 2:] - boxes[:, :2] + 1
        landmarks = sides[:, None] * points.reshape(-1, 2, 5).transpose(0, 2, 1) + boxes[:, None, :2] - 1
        boxes = moved(boxes, shares, extra_px=1)
        # Scores of 1.0 are common, and which of two equals remains is up to argsort, as in facenet-pytorch.
        kept = suppressed(boxes, np.argsort(scores)[::-1], overlap=intersection_over_smaller, most=0.7)
        return boxes[kept].astype(float), scores[kept], landmarks[kept].astype(float)


def _scales(table: AreaTable) -> list[float]:
    """From the scale at which the smallest face fills a cell to that at which the image does."""
    scales = [_CELL_PX / SMALLEST_FACE_PX]
    shorter_px = min(table.width_px, table.height_px) * scales[0]
    while (shorter_px := shorter_px * _STEP) >= _CELL_PX:
        scales.append(scales[-1] * _STEP)
    return scales


def _best_first(scores: Floats) -> Indices:
    return np.argsort(-scores, kind="stable")


def _asked(network: Network, table: AreaTable, boxes: Floats, *, size_px: int) -> tuple[Floats, list[Floats]]:
    """The boxes of which a part lies in the image (facenet-pytorch raises an error for others), and a network's outputs for that part at
    `size_px`."""
    pixels = within(boxes, width_px=table.width_px, height_px=table.height_px)
    seen = (pixels[:, 2:] > pixels[:, :2]).all(axis=1)
    boxes, pixels = boxes[seen], pixels[seen]
    starts = range(0, max(1, len(boxes)), _MOST_CROPS)  # a run even without boxes, for the shapes of the outputs
    parts = [network(table.crops(pixels[start : start + _MOST_CROPS], size_px)) for start in starts]
    return boxes, [np.concatenate(each) for each in zip(*parts, strict=True)]
