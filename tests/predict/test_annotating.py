"""The names of annotated pictures: those of their files, without collisions, and never outside the folder."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.core.errors import PredictError
from mien.predict.annotating import Album, check_folder, safe_name, unused
from mien.predict.drawing.annotation import annotated
from mien.predict.predicting import File
from mien.predict.preparing import FaceImage
from mien.predict.rows import Row
from tests.predict.network import answer

ABOUT = answer()
HOSTILE = [
    "../../up.png",
    "/etc/passwd.png",
    "a/../../b.png",
    "..",
    ".",
    "",
    "//x.jpg",
    "C:\\Windows\\x.png",
    "\\\\server\\share\\x.png",
    "a\x00b.png",
    "a\nb\x1b[2J.png",
    "gnp.exe\u202e.png",
    "n" * 400 + ".png",
    "表情" * 120 + ".jpeg",
    "CON",
    "dir./x. ",
    "\udcff.png",
    "~/x.png",
    "-rf",
    "a.png/b.png",
]


def content(size_px: tuple[int, int] = (260, 250), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size_px, (90, 140, 120)).save(file, kind)
    return file.getvalue()


def rows(path: str) -> list[Row]:
    return [Row(path, 1, 1, FaceImage(np.zeros((0, 0, 3), np.uint8), (50, 50, 150, 160), 1.0), [0.7, 0.2, 0.1], "happy", False)]


def written(folder: Path, paths: list[str], data: bytes | None = None) -> list[str]:
    album = Album(folder)
    for path in paths:
        album.write(File(path, content() if data is None else data), rows(path), ABOUT)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_names_and_folders_are_kept(tmp_path: Path) -> None:
    names = ["a.png", "sub/a.png", "sub/b.JPG", "sub/c.jpeg", "d.heic", "e"]
    assert written(tmp_path / "new", names) == sorted(["a.png", "sub/a.png", "sub/b.JPG", "sub/c.jpeg", "d.heic.jpg", "e.jpg"])
    for name in ("a.png", "sub/b.JPG"):
        with Image.open(tmp_path / "new" / name) as image:
            assert image.format == ("PNG" if name.endswith("png") else "JPEG")
    image = Image.open(io.BytesIO(content()))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "new/a.png")), np.asarray(annotated(image, rows("a.png"), ABOUT)))


def test_no_two_pictures_have_one_name(tmp_path: Path) -> None:
    names = ["a.png", "A.png", "a.PNG", "a.png", "d.heic", "d.heic.jpg", "e", "e/x.png", "f/x.png", "f"]
    found = written(tmp_path, names)
    assert len(found) == len(names) and len({name.casefold() for name in found}) == len(names)
    assert {"a.png", "A-2.png", "a-3.PNG", "a-4.png", "d.heic.jpg", "d.heic-2.jpg"} <= set(found)


def test_hostile_names_stay_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "album"
    found = written(folder, HOSTILE)
    assert len(found) == len(HOSTILE)
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(everything) == len(found) and all(path.is_relative_to(folder) for path in everything)
    assert not any(ord(letter) < 32 or letter in "\\:\u202e" for name in found for letter in name)


@pytest.mark.parametrize("path", HOSTILE)
def test_a_safe_name_is_relative_and_short(path: str) -> None:
    name = safe_name(path)
    assert not name.is_absolute() and ".." not in name.parts and name.parts and all(len(part.encode()) <= 170 for part in name.parts)
    assert safe_name(str(name)) == name, "it is its own safe name"


def test_what_cannot_be_decoded_has_no_picture_and_what_has_no_face_has_one(tmp_path: Path) -> None:
    album = Album(tmp_path / "album")
    album.write(File("a.png", content()[:50]), [Row("a.png", reason="truncated")], ABOUT)
    album.write(File("c.png", content()), [Row("c.png", reason="decoder_crash")], ABOUT)  # is not decoded in this process
    album.write(File("b.png", content()), [Row("b.png", reason="no_face", detail="no face")], ABOUT)
    assert [path.name for path in tmp_path.rglob("*.png")] == ["b.png"]


def test_only_a_new_or_empty_folder_outside_the_source_is_written_to(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    (source / "sub").mkdir(parents=True)
    (source / "a.png").write_bytes(content())
    check_folder(tmp_path / "new", source=str(source))
    for folder in (source, source / "new", source / "sub"):
        with pytest.raises(PredictError, match=rf"^--annotate {folder}"):
            check_folder(folder, source=str(source))
    (tmp_path / "link").symlink_to(source / "sub")
    with pytest.raises(PredictError, match="within the source"):
        check_folder(tmp_path / "link", source=str(source))
    with pytest.raises(PredictError, match="not replaced"):
        unused(source / "a.png")


def test_a_picture_that_is_too_large_for_jpeg_becomes_png(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.predict.annotating._MOST_JPEG_PX", 400)
    assert written(tmp_path, ["wide.jpg", "wide.png"], content((390, 250))) == ["wide.jpg.png", "wide.png"]
