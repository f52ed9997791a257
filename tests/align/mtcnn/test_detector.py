"""The face detector beside facenet-pytorch, an independent implementation with the same networks."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.mtcnn.reference import ReferenceDetector
from mien.align import mtcnn
from mien.align.geometry import Face
from mien.align.mtcnn import SMALLEST_FACE_PX, FaceDetector
from mien.align.mtcnn.area import AreaTable, Images
from mien.align.mtcnn.boxes import Floats
from mien.align.turning import turned
from mien.sample.portrait import draw_portrait

ROOT = Path(__file__).parents[3]
LABELS = ("happy", "sad", "surprise", "fear", "angry")


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="module")
def reference() -> ReferenceDetector:
    return ReferenceDetector()


def portrait(number: int, size_px: int) -> Image.Image:
    return draw_portrait(LABELS[number % len(LABELS)], np.random.default_rng(number), size_px=size_px)


def group(num: int, *, width_px: int, height_px: int) -> Image.Image:
    """Portraits of several sizes in one image, some of them beyond its edges."""
    image, rng = Image.new("RGB", (width_px, height_px), (90, 120, 140)), np.random.default_rng(num)
    for number in range(num):
        drawn = portrait(number, int(rng.integers(60, 200)))
        image.paste(drawn, (int(rng.integers(-60, width_px - 60)), int(rng.integers(-60, height_px - 60))))
    return image


def assert_same(found: list[Face], expected: list[Face]) -> None:
    assert len(found) == len(expected)
    for face, other in zip(found, expected, strict=True):
        assert face.box == pytest.approx(other.box, abs=1e-2)
        assert face.landmarks == pytest.approx(other.landmarks, abs=1e-2)
        assert face.score == pytest.approx(other.score, abs=1e-4)


@pytest.mark.parametrize("size_px", [48, 97, 200])
def test_portraits_show_the_faces_that_facenet_pytorch_finds(detector: FaceDetector, reference: ReferenceDetector, size_px: int) -> None:
    num_faces = 0
    for number in range(4):
        image = portrait(number, size_px)
        found = detector.detect(image)
        assert_same(found, reference.detect(image))
        num_faces += len(found)
    assert num_faces >= 3


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
def test_groups_do_so_whichever_way_up(detector: FaceDetector, reference: ReferenceDetector, turn_deg: int) -> None:
    image = turned(group(12, width_px=601, height_px=437), turn_deg)
    found = detector.detect(image)
    assert_same(found, reference.detect(image))
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (face.box for face in found)]
    assert areas == sorted(areas, reverse=True)
    assert len(found) >= 3 or turn_deg


@pytest.mark.parametrize(
    "size",
    [(SMALLEST_FACE_PX, SMALLEST_FACE_PX), (21, 640), (640, 23), (37, 41), (48, 48), (97, 101)],
    ids=lambda size: f"{size[0]}x{size[1]}",
)
def test_pictures_of_any_size_are_searched(detector: FaceDetector, reference: ReferenceDetector, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    for image in (Image.new("RGB", size), Image.fromarray(noise), portrait(0, 160).resize(size)):
        assert_same(detector.detect(image), reference.detect(image))


@pytest.mark.parametrize("size", [(1, 1), (SMALLEST_FACE_PX - 1, 300), (300, SMALLEST_FACE_PX - 1)])
def test_smaller_pictures_show_no_face(detector: FaceDetector, size: tuple[int, int]) -> None:
    assert detector.detect(Image.new("RGB", size)) == []


def test_candidates_beside_the_image_are_dropped() -> None:
    """facenet-pytorch raises an error for them; none of 459 photographs had one."""
    table = AreaTable(Image.new("RGB", (100, 80)))
    boxes = np.array([[-30, 10, 0, 40], [10, 20, 40, 50], [101, 10, 130, 40], [70, 60, 130, 120], [10, 81, 40, 110]], np.float32)
    kept, (scores, means) = mtcnn._asked(lambda images: [images[:, 0, 0, 0], images.mean((2, 3))], table, boxes, size_px=24)  # type: ignore[arg-type]
    assert kept.tolist() == boxes[[1, 3]].tolist()
    assert len(scores) == len(means) == 2


def test_networks_never_see_more_than_a_few_crops_at_once() -> None:
    seen = []

    def network(images: Images) -> list[Floats]:
        seen.append(len(images))
        return [images.mean((1, 2, 3))]

    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    table, num = AreaTable(Image.fromarray(pixels)), 1000
    corners = np.random.default_rng(1).integers(0, 40, (num, 2)).astype(np.float32) + 1
    boxes, (means,) = mtcnn._asked(network, table, np.concatenate([corners, corners + 19], axis=1), size_px=20)  # type: ignore[arg-type]
    assert len(boxes) == num and sum(seen) == num and max(seen) <= mtcnn._MOST_CROPS
    x, y = corners.astype(int).T - 1
    expected = [pixels[top : top + 20, left : left + 20].mean() for left, top in zip(x, y, strict=True)]
    assert means == pytest.approx(np.array(expected), rel=1e-5)


def test_a_detector_finds_the_same_after_many_images(detector: FaceDetector) -> None:
    image = portrait(3, 160)
    before = detector.detect(image)
    for size_px in range(40, 60):
        detector.detect(Image.new("RGB", (size_px, 2 * size_px)))
    after = detector.detect(image)
    assert [(face.box, face.score, face.landmarks.tolist()) for face in before] == [
        (face.box, face.score, face.landmarks.tolist()) for face in after
    ]


def test_align_imports_neither_torch_nor_facenet_pytorch() -> None:
    """Every module of the room is imported, and a face is found."""
    files = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / "mien/align").rglob("*.py"))
    modules = sorted(".".join(file.parts).removesuffix(".__init__") for file in files)
    program = f"""
import importlib, sys
for module in {modules}:
    importlib.import_module(module)
import numpy as np
from mien.align.mtcnn import FaceDetector
from mien.sample.portrait import draw_portrait
assert FaceDetector().detect(draw_portrait("happy", np.random.default_rng(0), size_px=160))
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {{"torch", "torchvision", "facenet_pytorch", "cv2"}}))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
