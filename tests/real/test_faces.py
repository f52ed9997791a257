"""Detection and alignment of real faces."""

import io
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from benchmarks.mtcnn.reference import ReferenceDetector
from mien.align.geometry import Face, choose_face, cut, square_around
from mien.align.mtcnn import FaceDetector
from mien.align.turning import turned
from mien.store.encoding import reduced

NUM_PHOTOS = 24


@pytest.fixture(scope="module")
def photos(real_data: Path) -> list[Image.Image]:
    """Some whole JPEG photographs, upright."""
    images = []
    with zipfile.ZipFile(real_data / "campus-photos.zip") as archive:
        for name in sorted(archive.namelist())[::3]:
            content = archive.read(name) if name.endswith(".jpg") else b""
            if content.startswith(b"\xff\xd8") and content.endswith(b"\xff\xd9") and len(images) < NUM_PHOTOS:
                images.append(reduced(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"), max_side_px=320))
    assert len(images) == NUM_PHOTOS
    return images


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="module")
def faces(detector: FaceDetector, photos: list[Image.Image]) -> list[tuple[Image.Image, Face]]:
    found = []
    for image in photos:
        if sure := [face for face in detector.detect(image) if face.score >= 0.9]:
            found.append((image, choose_face(sure, *image.size, choose="largest")))
    return found


def test_photographs_show_the_faces_that_facenet_pytorch_finds(detector: FaceDetector, photos: list[Image.Image]) -> None:
    reference, num_faces = ReferenceDetector(), 0
    for number, photo in enumerate(photos):
        image = turned(photo, 90 * (number % 4))  # in the other turns few faces are found
        found, expected = detector.detect(image), reference.detect(image)
        assert len(found) == len(expected)
        num_faces += len(found)
        for face, other in zip(found, expected, strict=True):
            assert face.box == pytest.approx(other.box, abs=1e-2)
            assert face.landmarks == pytest.approx(other.landmarks, abs=1e-2)
            assert face.score == pytest.approx(other.score, abs=1e-4)
    assert num_faces >= NUM_PHOTOS / 4


def _tilt(face: Face) -> float:
    (left_x, left_y), (right_x, right_y) = face.landmarks[:2]
    return math.degrees(math.atan2(right_y - left_y, right_x - left_x))


def test_nearly_every_photograph_shows_a_face(faces: list[tuple[Image.Image, Face]]) -> None:
    assert len(faces) >= 0.9 * NUM_PHOTOS


def test_a_face_once_aligned_is_found_again_level_and_in_the_middle(detector: FaceDetector, faces: list[tuple[Image.Image, Face]]) -> None:
    tilts, shifts, sides = [], [], []
    for image, face in faces:
        square = square_around(face, margin=0.3)
        if square.angle and (again := detector.detect(aligned := cut(image, square, size_px=224))):
            tilts.append(abs(_tilt(again[0])))
            shifts.append(math.dist(again[0].centre, (aligned.width / 2,) * 2) / aligned.width)
            sides.append(again[0].side_px / aligned.width * 1.6)
    assert len(tilts) >= 0.8 * len(faces)
    assert np.median(tilts) < 3 and np.quantile(tilts, 0.9) < 8
    assert np.median(shifts) < 0.04
    assert np.median(sides) == pytest.approx(1, abs=0.1)


def test_a_turned_photograph_gives_the_same_square(detector: FaceDetector, faces: list[tuple[Image.Image, Face]]) -> None:
    apart = []
    for image, face in faces[:12]:
        again = detector.detect(image.rotate(20, Image.Resampling.BICUBIC, expand=True))
        if again and square_around(face, margin=0).angle:
            pair = [square_around(found, margin=0.1).to_square(found.landmarks, size_px=1) for found in (face, again[0])]
            apart.append(np.abs(pair[0] - pair[1]).max())
    assert len(apart) >= 8
    assert np.median(apart) < 0.08  # share of the square's side
