"""The detector on pictures that show nothing, or that its networks cannot be laid over."""

import numpy as np
import pytest
from PIL import Image

from mien.align.mtcnn import SMALLEST_FACE_PX, FaceDetector


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.mark.parametrize(
    "size", [(1, 1), (SMALLEST_FACE_PX - 1, 300), (SMALLEST_FACE_PX, SMALLEST_FACE_PX), (21, 640), (640, 23), (37, 41), (48, 48), (97, 101)]
)
def test_pictures_of_any_size_are_searched(detector: FaceDetector, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    for image in (Image.new("RGB", size), Image.fromarray(noise)):
        assert all(face.score < 0.9 for face in detector.detect(image))


def test_what_mtcnn_cannot_work_on_shows_no_face(detector: FaceDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("torch.cat(): expected a non-empty list of Tensors")

    monkeypatch.setattr(detector._mtcnn, "detect", fails)
    assert detector.detect(Image.new("RGB", (64, 64))) == []
