"""Regions of real faces: they lie where a second look, at the aligned square, finds eyes and mouth."""

import numpy as np
from PIL import Image

from mien.align.geometry import Face, cut, square_around
from mien.align.mtcnn import FaceDetector
from mien.explain.regions import region_masks

from .test_faces import detector, faces, photos  # noqa: F401  (fixtures)

SIDE_PX = 224


def test_regions_lie_where_eyes_and_mouth_are_found_again(detector: FaceDetector, faces: list[tuple[Image.Image, Face]]) -> None:  # noqa: F811
    """At most one face in ten may be found otherwise the second time; the regions take a small part of the picture."""
    inside: list[list[bool]] = []
    areas: list[list[float]] = []
    for image, face in faces:
        square = square_around(face, margin=0.1)
        aligned = cut(image, square, size_px=SIDE_PX)
        landmarks_10 = square.to_square(face.landmarks, size_px=aligned.width).ravel()
        masks = {name: mask[0].numpy() for name, mask in region_masks(landmarks_10[None], aligned.width, SIDE_PX).items()}
        if not (again := detector.detect(aligned)):
            continue
        left_eye, right_eye, nose, left_mouth, right_mouth = np.clip(again[0].landmarks * SIDE_PX / aligned.width, 0, SIDE_PX - 1).astype(
            int
        )

        def at(name: str, point: np.ndarray, masks: dict[str, np.ndarray] = masks) -> bool:
            return bool(masks[name][point[1], point[0]])

        inside.append(
            [
                at("eyes", left_eye) and at("eyes", right_eye),
                at("mouth", left_mouth) and at("mouth", right_mouth),
                at("mouth", (left_mouth + right_mouth) // 2),
                at("face", nose) and not at("eyes", nose),
            ]
        )
        areas.append([mask.mean() for mask in masks.values()])
    assert len(inside) >= 0.8 * len(faces)
    assert (np.mean(inside, axis=0) >= 0.9).all(), np.mean(inside, axis=0)
    face_share, eyes_share, mouth_share = np.median(areas, axis=0)
    assert 0.3 < face_share < 0.8 and 0.04 < eyes_share < 0.25 and 0.02 < mouth_share < 0.2
