"""A face between two frames is where it looks as in them, even if it did not move evenly."""

import numpy as np
import pytest
from PIL import Image

from mien.predict.video.matching import Seen, between
from tests.predict.video.films import face_in, pasted, portrait, room

SIZE = (400, 300)
PORTRAIT = portrait(5, side_px=100)


def scene(x: float, y: float, *, light: float = 1.0) -> Image.Image:
    image = room(SIZE)
    image.paste(PORTRAIT, (round(x), round(y)))
    return image.point(lambda level: level * light)


def seen(x: float, y: float) -> Seen:
    return Seen(scene(x, y), face_in((x, y, x + 100, y + 100)))


@pytest.mark.parametrize("light", [1.0, 0.6])
@pytest.mark.parametrize(("x", "y"), [(120, 100), (135, 100), (150, 85), (105, 121)])
def test_it_is_found_beside_the_even_way_also_in_another_light(x: int, y: int, light: float) -> None:
    found = between(seen(100, 100), seen(140, 100), scene(x, y, light=light), share=0.5)
    np.testing.assert_allclose(found.box, (x, y, x + 100, y + 100), atol=4)
    np.testing.assert_allclose(found.landmarks, face_in((x, y, x + 100, y + 100)).landmarks, atol=4)


def test_size_and_landmarks_lie_between_those_of_the_two() -> None:
    first, second = seen(100, 100), Seen(scene(100, 100), face_in((90, 90, 210, 210), score=0.95))
    found = between(first, second, scene(100, 100), share=0.25)
    assert found.side_px == pytest.approx(105) and found.score == 0.95
    np.testing.assert_allclose(np.ptp(found.landmarks, axis=0), np.ptp(first.face.landmarks, axis=0) * 1.05)


def test_where_nothing_is_alike_it_moves_evenly() -> None:
    for empty in (Image.new("RGB", SIZE, (90, 90, 90)), Image.new("RGB", SIZE)):
        found = between(seen(100, 100), seen(140, 60), empty, share=0.25)
        np.testing.assert_allclose(found.box, (110, 90, 210, 190), atol=0.5)


@pytest.mark.parametrize(
    "box", [(-30.0, -20.0, 60.0, 70.0), (380.0, 280.0, 430.0, 330.0), (5.0, 5.0, 7.0, 8.0), (-20.0, -20.0, 420.0, 320.0)]
)
def test_faces_at_the_edge_and_of_any_size_are_followed_without_an_error(box: tuple[float, float, float, float]) -> None:
    image = pasted(SIZE, [(PORTRAIT, (10, 10))])
    found = between(Seen(image, face_in(box)), Seen(image, face_in(box)), image, share=0.5)
    np.testing.assert_allclose(found.box, box, atol=0.3 * found.side_px)
