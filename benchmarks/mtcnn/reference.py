"""MTCNN as facenet-pytorch implements it, behind the interface of mien.align.mtcnn.FaceDetector."""

import numpy as np
import torch
from facenet_pytorch import MTCNN
from PIL import Image

from mien.align.geometry import Face
from mien.align.mtcnn import SMALLEST_FACE_PX


class ReferenceDetector:
    """Finds faces on the CPU with one thread."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.mtcnn = MTCNN(keep_all=True, min_face_size=SMALLEST_FACE_PX, device=torch.device("cpu"))

    def detect(self, image: Image.Image) -> list[Face]:
        """The faces of an RGB image whose sides are at least SMALLEST_FACE_PX, largest first.

        Raises IndexError or RuntimeError if a candidate lies outside the image.
        """
        boxes, scores, landmarks = self.mtcnn.detect(image, landmarks=True)
        if boxes is None:
            return []
        return [
            Face(box=tuple(np.asarray(box, float).tolist()), score=float(score), landmarks=np.asarray(points, float))
            for box, score, points in zip(boxes, scores, landmarks, strict=True)
        ]
