"""Real photographs turned on their side and head, without a word of EXIF."""

import io
import zipfile
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from mien.align.geometry import choose_face, cut, square_around
from mien.align.mtcnn import FaceDetector
from mien.align.turning import TURNS_DEG, Found, find_faces, turned
from mien.store.encoding import reduced

NUM_PHOTOS = 8


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="module")
def photos(real_data: Path, detector: FaceDetector) -> list[Image.Image]:
    """Some whole photographs, upright, on which a face is found."""

    def read(archive: zipfile.ZipFile, name: str) -> Image.Image:
        return reduced(ImageOps.exif_transpose(Image.open(io.BytesIO(archive.read(name)))).convert("RGB"), max_side_px=320)

    with zipfile.ZipFile(real_data / "campus-photos.zip") as archive:
        names = [name for name in sorted(archive.namelist())[::5] if name.endswith(".jpg") and archive.read(name)[-2:] == b"\xff\xd9"]
        images = (read(archive, name) for name in names)
        found = list(islice((image for image in images if any(face.score >= 0.9 for face in detector.detect(image))), NUM_PHOTOS))
    assert len(found) == NUM_PHOTOS
    return found


def square_of(found: Found) -> bytes:
    face = choose_face([face for face in found.faces if face.score >= 0.9], *found.image.size, choose="largest")
    return cut(found.image, square_around(face, margin=0.1), size_px=224).tobytes()


def test_every_turn_of_a_photograph_gives_the_same_square(detector: FaceDetector, photos: list[Image.Image]) -> None:
    same = 0
    for image in photos:
        upright = find_faces(image, detector, turns=True, min_score=0.9)
        assert upright.turn_deg == 0 and upright.image is image
        for lying_deg in TURNS_DEG:
            found = find_faces(turned(image, lying_deg), detector, turns=True, min_score=0.9)
            same += (found.turn_deg + lying_deg) % 360 == 0 and square_of(found) == square_of(upright)
    assert same >= 0.9 * 3 * NUM_PHOTOS  # benchmarks/turns.py: 98 of 100 at 640 px


def test_without_turns_some_would_be_cut_on_their_side(detector: FaceDetector, photos: list[Image.Image]) -> None:
    lying = [turned(image, lying_deg) for image in photos for lying_deg in TURNS_DEG]
    wrong = sum(any(face.score >= 0.9 for face in find_faces(image, detector, turns=False, min_score=0.9).faces) for image in lying)
    assert wrong >= 0.1 * len(lying)
