"""A photograph becomes the same square in `mien predict` as in the stages `convert` and `align`."""

import io
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mien.align.geometry import Face
from mien.align.squares import make_squares
from mien.config.sections.convert import ConvertParams
from mien.config.sections.faces import FaceParams
from mien.convert.conversion import convert_content
from mien.convert.decoding import Undecodable
from mien.predict.answer import Decoding
from mien.predict.preparing import NoFace, prepare
from mien.store.encoding import square_pixels
from mien.store.shards import read_store
from mien.store.tables import FACES
from tests.align.lying import Marks, with_face
from tests.align.test_squares import jobs, picture, store
from tests.predict.network import answer

CONVERT = ConvertParams(max_side_px=200)


def as_bytes(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def by_the_stages(content: bytes, folder: Path, how: FaceParams, *, size_px: int) -> np.ndarray:
    row, _, _ = convert_content(content, CONVERT)
    (folder / "squares").mkdir()
    for job in jobs(store(folder / "images", {"0a": row["image"]}), folder / "squares", {"0a"}, how):
        make_squares(job)
    return square_pixels(read_store(folder / "squares", FACES).to_pylist()[0]["image"], side_px=size_px)


@pytest.mark.parametrize("turn_deg", [0, 90])
@pytest.mark.parametrize("size_px", [24, 48])
@pytest.mark.parametrize("large", [False, True])
def test_a_face_is_cropped_as_for_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turn_deg: int, size_px: int, large: bool
) -> None:
    monkeypatch.setitem(sys.modules, "mien.align.mtcnn", SimpleNamespace(FaceDetector=Marks))
    image = with_face(180, 120, at=(90, 60), turn_deg=turn_deg)
    image = image.resize((image.width * 3, image.height * 3), Image.Resampling.NEAREST) if large else image
    monkeypatch.setattr(Marks, "detect", lambda _, image: at_the_centre(image))
    how = FaceParams(size_px=32, margin=0.1)
    content = as_bytes(image, "JPEG", quality=90)
    about = answer(faces=how, decode=Decoding.of(CONVERT), size_px=size_px)
    found = prepare(content, about, Marks(), all_faces=False)
    np.testing.assert_array_equal(found.faces[0].pixels, by_the_stages(content, tmp_path, how, size_px=size_px))
    assert (found.width_px, found.height_px) == image.size
    left, top, right, bottom = found.faces[0].box or (0, 0, 0, 0)
    assert (left + right) / 2 == pytest.approx(image.width / 2, abs=1) and (top + bottom) / 2 == pytest.approx(image.height / 2, abs=1)


def at_the_centre(image: Image.Image) -> list:
    """One sure face in the middle, whatever the image shows: JPEG changes the marks of `with_face`."""
    x, y = image.width / 2, image.height / 2
    return [
        Face((x - 20, y - 22, x + 20, y + 22), 0.9999, np.array([[x - 8, y - 7], [x + 8, y - 5], [x, y], [x - 6, y + 9], [x + 6, y + 9]]))
    ]


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("shape", [(48, 48), (300, 200), (60, 90)])
def test_a_whole_image_is_fitted_as_for_training(tmp_path: Path, shape: tuple[int, int], grey: bool) -> None:
    how = FaceParams(detector="none", size_px=48)
    content = as_bytes(picture(*shape, grey=grey))
    about = answer(faces=how, decode=Decoding.of(CONVERT), grey=grey, size_px=40)
    found = prepare(content, about, None, all_faces=True)
    np.testing.assert_array_equal(found.faces[0].pixels, by_the_stages(content, tmp_path, how, size_px=40))
    assert found.faces[0].box is None


def test_a_network_of_grey_images_is_given_grey_images() -> None:
    colours = prepare(as_bytes(picture(48, 48)), answer(grey=True), None, all_faces=False).faces[0].pixels
    assert (colours == colours[..., :1]).all() and colours.std() > 0


def test_every_face_or_the_one_that_training_would_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    def two(_: object, image: Image.Image) -> list:
        first, second = at_the_centre(image)[0], at_the_centre(image)[0]
        return [replace(first, score=0.5), second, replace(second, box=(0.0, 0.0, 30.0, 30.0), score=0.95)]

    monkeypatch.setattr(Marks, "detect", two)
    content, about = as_bytes(picture(200, 150)), answer(faces=FaceParams(size_px=48, turns=False))
    assert [face.score for face in prepare(content, about, Marks(), all_faces=True).faces] == [0.9999, 0.95]
    assert [face.score for face in prepare(content, about, Marks(), all_faces=False).faces] == [0.9999]


def test_an_image_without_a_face_is_said_to_have_none_or_taken_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Marks, "detect", lambda *_: [])
    content = as_bytes(picture(200, 150))
    with pytest.raises(NoFace, match=r"^no face$"):
        prepare(content, answer(faces=FaceParams(size_px=48)), Marks(), all_faces=True)
    fitted = prepare(content, answer(faces=FaceParams(size_px=48, on_missing="fit")), Marks(), all_faces=True)
    assert fitted.faces[0].box is None and fitted.faces[0].score is None


def test_what_is_no_image_has_the_reason_of_convert() -> None:
    with pytest.raises(Undecodable) as caught:
        prepare(b"not an image", answer(), None, all_faces=False)
    assert caught.value.reason == "not_an_image"
