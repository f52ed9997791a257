"""The one adapter of MTCNN (Zhang et al. 2016), as facenet-pytorch has it; its weights come with that package.

It runs on the processor, one thread and one picture at a time, so that the faces found depend on the picture alone: on no
accelerator, no number of workers and no neighbour in a batch. Shards are worked on in parallel instead, which was faster, too.
"""

import numpy as np
import torch
from facenet_pytorch import MTCNN
from PIL import Image

from mien.align.geometry import Face

SMALLEST_FACE_PX = 20  # what MTCNN's first network was trained for; it cannot look at a picture with a shorter side


class FaceDetector:
    """Finds faces with their five landmarks."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self._mtcnn = MTCNN(keep_all=True, min_face_size=SMALLEST_FACE_PX, device=torch.device("cpu"))

    def detect(self, image: Image.Image) -> list[Face]:
        """The faces of an RGB picture, largest first; a picture that MTCNN cannot work on has none."""
        if min(image.size) < SMALLEST_FACE_PX:
            return []
        try:
            boxes, scores, landmarks = self._mtcnn.detect(image, landmarks=True)
        except (IndexError, RuntimeError):  # raised when every candidate box, or one of them, lies outside the picture
            return []
        if boxes is None:
            return []
        return [
            Face(box=tuple(np.asarray(box, float).tolist()), score=float(score), landmarks=np.asarray(points, float))
            for box, score, points in zip(boxes, scores, landmarks, strict=True)
        ]
