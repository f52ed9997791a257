"""The only adapter of MTCNN (Zhang et al. 2016) as implemented in facenet-pytorch; the weights are part of that package.

It runs on the CPU with one thread and one image at a time, so that the faces found depend on the image alone, and not on an accelerator,
the number of workers or the other images of a batch. Shards are processed in parallel instead, which was also faster.
"""

import numpy as np
import torch
from facenet_pytorch import MTCNN
from PIL import Image

from mien.align.geometry import Face

SMALLEST_FACE_PX = 20  # the size that MTCNN's first network was trained for; it cannot process an image with a shorter side


class FaceDetector:
    """Finds faces with their five landmarks."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self._mtcnn = MTCNN(keep_all=True, min_face_size=SMALLEST_FACE_PX, device=torch.device("cpu"))

    def detect(self, image: Image.Image) -> list[Face]:
        """The faces of an RGB image, largest first; empty for an image that MTCNN cannot process."""
        if min(image.size) < SMALLEST_FACE_PX:
            return []
        try:
            boxes, scores, landmarks = self._mtcnn.detect(image, landmarks=True)
        except (IndexError, RuntimeError):  # raised when every candidate box, or one of them, lies outside the image
            return []
        if boxes is None:
            return []
        return [
            Face(box=tuple(np.asarray(box, float).tolist()), score=float(score), landmarks=np.asarray(points, float))
            for box, score, points in zip(boxes, scores, landmarks, strict=True)
        ]
