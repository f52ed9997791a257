"""Laws of alignment: eyes level, nothing enlarged, landmarks where an independent affine map puts them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from mien.align.geometry import Face, Square, choose_face, cut, fit_whole, shrink, square_around

angles = st.floats(-80, 80).map(math.radians)


def face_at(x: float, y: float, *, side_px: float = 100.0, angle: float = 0.0, score: float = 1.0) -> Face:
    """A face as a detector would give it: landmarks turned by `angle` about the centre of an unturned box."""
    upright = np.array([[-0.18, -0.12], [0.18, -0.12], [0, 0.08], [-0.15, 0.26], [0.15, 0.26]]) * side_px
    cos, sin = math.cos(angle), math.sin(angle)
    landmarks = upright @ np.array([[cos, sin], [-sin, cos]]) + (x, y)
    half_px = side_px / 2
    return Face(box=(x - 0.8 * half_px, y - half_px, x + 0.8 * half_px, y + half_px), score=score, landmarks=landmarks)


def waves(width_px: int, height_px: int) -> Image.Image:
    """A smooth coloured picture without symmetry, which interpolation reproduces well."""
    y, x = np.mgrid[:height_px, :width_px]
    levels = np.stack(
        [128 + 100 * np.sin(x / 17 + y / 29), 128 + 100 * np.cos(x / 23 - y / 19), 128 + 90 * np.sin(x / 31) * np.cos(y / 13)], -1
    )
    return Image.fromarray(np.rint(levels).astype(np.uint8))


def dots(width_px: int, height_px: int, points: np.ndarray) -> Image.Image:
    """White Gaussian dots of 2 px on black at the points."""
    y, x = np.mgrid[:height_px, :width_px] + 0.5
    levels = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8) for px, py in points)
    return Image.fromarray(np.rint(255 * np.clip(levels, 0, 1)).astype(np.uint8)).convert("RGB")


def brightest(image: Image.Image, near: np.ndarray) -> np.ndarray:
    """The centre of light, x and y, within 8 px of a point."""
    levels = np.asarray(image.convert("L"), float)
    y, x = np.mgrid[: image.height, : image.width] + 0.5
    levels[(x - near[0]) ** 2 + (y - near[1]) ** 2 > 64] = 0
    return np.array([(levels * x).sum(), (levels * y).sum()]) / levels.sum()


@given(angle=angles, x=st.floats(0, 300), y=st.floats(0, 300), side_px=st.floats(20, 200), margin=st.floats(0, 1))
def test_eyes_are_level_and_the_box_is_centred(angle: float, x: float, y: float, side_px: float, margin: float) -> None:
    face = face_at(x, y, side_px=side_px, angle=angle)
    square = square_around(face, margin=margin)
    landmarks = square.to_square(face.landmarks, size_px=square.side_px)
    left_eye, right_eye, nose = landmarks[:3]
    assert abs(left_eye[1] - right_eye[1]) < 1e-6
    assert left_eye[0] < right_eye[0] and left_eye[1] < nose[1]
    centre = square.to_square(np.array([[x, y]]), size_px=square.side_px)[0]
    assert np.abs(centre - square.side_px / 2).max() <= 1.0  # the corner lies on the pixel grid
    assert square.side_px == max(1, math.floor(face.side_px * (1 + 2 * margin)))


@pytest.mark.parametrize("degrees", [-65, -20, 0, 7, 45])
def test_eyes_are_level_in_the_pixels_and_where_the_landmarks_say(degrees: float) -> None:
    face = face_at(160, 150, side_px=120, angle=math.radians(degrees))
    square = square_around(face, margin=0.1)
    picture = cut(dots(320, 300, face.landmarks), square, size_px=96)
    landmarks = square.to_square(face.landmarks, size_px=picture.width)
    seen = np.array([brightest(picture, point) for point in landmarks])
    assert abs(seen[0, 1] - seen[1, 1]) < 0.3
    assert np.abs(seen - landmarks).max() < 0.3


@given(angle=angles, size_px=st.integers(8, 300))
def test_landmarks_agree_with_a_similarity_solved_from_the_corners(angle: float, size_px: int) -> None:
    square = square_around(face_at(90, 110, angle=angle), margin=0.2)
    away = np.exp(1j * square.angle) * square.side_px
    corner = complex(square.left, square.top)
    corners = np.array([corner, corner + away, corner + away + 1j * away, corner + 1j * away])
    target = np.array([0, size_px, size_px + 1j * size_px, 1j * size_px])
    slope, offset = np.linalg.lstsq(np.stack([corners, np.ones(4)], 1), target, rcond=None)[0]
    points = np.random.default_rng(0).uniform(0, 200, (20, 2))
    expected = slope * (points[:, 0] + 1j * points[:, 1]) + offset
    mapped = square.to_square(points, size_px=size_px)
    assert np.allclose(mapped, np.stack([expected.real, expected.imag], 1), atol=1e-6)


@pytest.mark.parametrize("degrees", [-50, 13, 30])
def test_pixels_agree_with_scipy(degrees: float) -> None:
    image = waves(240, 200)
    square = square_around(face_at(120, 100, side_px=80, angle=math.radians(degrees)), margin=0.1)
    v, u = np.mgrid[: square.side_px, : square.side_px] + 0.5
    x = square.left + math.cos(square.angle) * u - math.sin(square.angle) * v - 0.5
    y = square.top + math.sin(square.angle) * u + math.cos(square.angle) * v - 0.5
    levels = np.asarray(image, float)
    expected = np.stack([ndimage.map_coordinates(levels[..., channel], [y, x], order=3, mode="nearest") for channel in range(3)], -1)
    got = np.asarray(cut(image, square, size_px=1000), float)
    assert np.abs(got - expected).max() <= 3


def test_an_upright_face_is_cut_out_without_resampling() -> None:
    image = waves(240, 200)
    square = square_around(face_at(121.3, 99.8, side_px=80), margin=0.1)
    box = (int(square.left), int(square.top), int(square.left) + square.side_px, int(square.top) + square.side_px)
    assert cut(image, square, size_px=square.side_px).tobytes() == image.crop(box).tobytes()


@pytest.mark.parametrize("degrees", [0, 25])
def test_aligning_twice_changes_nothing_more(degrees: float) -> None:
    face = face_at(120, 100, side_px=80, angle=math.radians(degrees))
    square = square_around(face, margin=0.1)
    once = cut(waves(240, 200), square, size_px=500)
    landmarks = square.to_square(face.landmarks, size_px=once.width)
    middle = once.width / 2
    again = square_around(Face((middle - 40, middle - 40, middle + 40, middle + 40), 1.0, landmarks), margin=0.1)
    assert (again.left, again.top, again.side_px) == (0, 0, square.side_px)
    assert abs(again.angle) < 1e-9
    assert np.abs(np.asarray(cut(once, again, size_px=500), int) - np.asarray(once, int)).max() <= 1


@given(side_px=st.floats(10, 150), size_px=st.integers(8, 200), angle=st.sampled_from([0.0, 0.4]))
def test_nothing_is_enlarged(side_px: float, size_px: int, angle: float) -> None:
    square = square_around(face_at(60, 60, side_px=side_px, angle=angle), margin=0.1)
    assert square.side_px <= side_px * 1.2 + 1e-6
    assert cut(waves(120, 120), square, size_px=size_px).size == (min(size_px, square.side_px),) * 2


@pytest.mark.parametrize("angle", [0.0, 0.5])
@pytest.mark.parametrize(("x", "y"), [(0, 0), (119, 50), (60, 100), (-30, 140)])
def test_beyond_the_picture_its_edge_goes_on(x: float, y: float, angle: float) -> None:
    image = Image.new("RGB", (120, 100), (40, 90, 200))
    assert set(cut(image, square_around(face_at(x, y, angle=angle), margin=0.2), size_px=64).get_flattened_data()) == {(40, 90, 200)}


def test_a_profile_is_not_turned() -> None:
    face = face_at(100, 100)
    landmarks = face.landmarks.copy()
    landmarks[:2] = [[100, 80], [105, 90]]
    assert square_around(Face(face.box, 1.0, landmarks), margin=0.1).angle == 0


def test_shrinking_is_antialiased() -> None:
    board = Image.fromarray((np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)).convert("RGB")
    reduced = np.asarray(shrink(board, size_px=32), int)
    assert np.abs(reduced[2:-2, 2:-2] - 127).max() <= 2


def test_largest_and_most_central_face() -> None:
    large, central, small = face_at(60, 60, side_px=90), face_at(210, 160, side_px=40), face_at(390, 290, side_px=20)
    for faces in ([large, central, small], [small, central, large]):
        assert choose_face(faces, 400, 300, choose="largest") is large
        assert choose_face(faces, 400, 300, choose="central") is central
    doubted, sure = face_at(100, 100, score=0.91), face_at(300, 200, score=0.99)
    for faces in ([doubted, sure], [sure, doubted]):
        assert choose_face(faces, 400, 300, choose="largest") is sure
        assert choose_face(faces, 400, 300, choose="central") is sure


@given(width_px=st.integers(1, 90), height_px=st.integers(1, 90), size_px=st.integers(8, 100), fit=st.sampled_from(["pad", "crop"]))
def test_a_whole_picture_becomes_a_square_of_the_right_side(width_px: int, height_px: int, size_px: int, fit: str) -> None:
    side_px = (min if fit == "crop" else max)(width_px, height_px)
    assert fit_whole(waves(width_px, height_px), fit=fit, size_px=size_px).size == (min(size_px, side_px),) * 2  # type: ignore[arg-type]


def test_pad_centres_the_picture_on_its_mean_colour_and_crop_keeps_the_middle() -> None:
    image = waves(90, 60)
    padded = fit_whole(image, fit="pad", size_px=200)
    assert padded.crop((0, 15, 90, 75)).tobytes() == image.tobytes()
    mean = tuple(np.rint(np.asarray(image).mean((0, 1))).astype(int).tolist())
    assert set(padded.crop((0, 0, 90, 15)).get_flattened_data()) | set(padded.crop((0, 75, 90, 90)).get_flattened_data()) == {mean}
    assert fit_whole(image, fit="crop", size_px=200).tobytes() == image.crop((15, 0, 75, 60)).tobytes()


def test_a_fitting_square_is_left_as_it_is() -> None:
    image = waves(48, 48)
    assert fit_whole(image, fit="pad", size_px=48) is image


def test_to_square_of_its_own_corners() -> None:
    square = Square(left=10, top=20, side_px=50, angle=0.3)
    far = np.array([[10 + 50 * (math.cos(0.3) - math.sin(0.3)), 20 + 50 * (math.sin(0.3) + math.cos(0.3))]])
    assert np.allclose(square.to_square(far, size_px=25), [[25, 25]])
