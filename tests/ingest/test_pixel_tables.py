"""Tables of pixels as they are passed around: codes, words, floats, brackets, other signs between columns and other sizes."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.core.errors import SourceError
from mien.ingest.layout import subset_of
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import FoundFile, read_entry

LEVELS = np.random.default_rng(1).integers(0, 256, (48, 48))


def read(source: Path) -> dict[str, FoundFile]:
    return {entry.path: read_entry(entry, max_bytes=2**20) for entry in source_entries(source)}


def pixels(levels: np.ndarray = LEVELS, *, form: str = "{}") -> str:
    return " ".join(form.format(level) for level in levels.ravel())


def table(path: Path, *rows: str, header: str = "emotion,pixels,Usage") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


VARIANTS = {
    "plain": ("emotion,pixels,Usage", f"3,{pixels()},Training"),
    "spaces and case": ("Emotion, Usage, Pixels", f"3, Training, {pixels()}"),
    "semicolons": ("emotion;pixels;Usage", f"3;{pixels()};Training"),
    "tabs": ("emotion\tpixels\tUsage", f"3\t{pixels()}\tTraining"),
    "float codes": ("emotion,pixels,Usage", f"3.0,{pixels()},Training"),
    "floats": ("emotion,pixels,Usage", f"3,{pixels(form='{}.0')},Training"),
    "shares": ("emotion,pixels,Usage", f"3,{pixels(LEVELS / 255)},Training"),
    "brackets": ("emotion,pixels,Usage", f'3,"[{pixels(form="{},")}]",Training'),
    "words": ("emotion,pixels,Usage", f"happy,{pixels()},Training"),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_spelling_of_a_table_gives_the_same_picture(name: str, tmp_path: Path) -> None:
    header, row = VARIANTS[name]
    found = read(table(tmp_path / "set.csv", row, header=header))
    assert set(found) == {"Training/happy/000000.png"}
    with Image.open(io.BytesIO(found["Training/happy/000000.png"].content or b"")) as image:
        assert np.array_equal(np.asarray(image), LEVELS)


@pytest.mark.parametrize("change", [gzip.compress, lambda text: text.decode().encode("utf-16")], ids=["gzip", "utf-16"])
def test_compressed_tables_and_those_of_spreadsheets_are_read(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    plain = table(tmp_path / "plain.csv", f"3,{pixels()},Training")
    other = tmp_path / "set.csv.gz" if change is gzip.compress else tmp_path / "set.csv"
    other.write_bytes(change(plain.read_bytes()))
    expected = {path: file.content for path, file in read(plain).items()}
    assert {path: file.content for path, file in read(other).items()} == expected
    folder = tmp_path / "folder"
    folder.mkdir()
    other.rename(folder / other.name)
    assert {path: file.content for path, file in read(folder).items()} == {
        f"{other.name}/{path}": content for path, content in expected.items()
    }


def test_the_same_pictures_in_several_tables_are_read_once(tmp_path: Path) -> None:
    """Kaggle's archive of the competition: the whole table, its training part without Usage, and the whole again in an archive."""
    whole = [f"{code},{pixels()},{usage}" for code, usage in ((3, "Training"), (4, "PublicTest"))]
    folder = tmp_path / "set"
    folder.mkdir()
    table(folder / "b_all.csv", *whole)
    table(folder / "train.csv", f"3,{pixels()}", header="emotion,pixels")
    with zipfile.ZipFile(folder / "c.zip", "w") as archive:
        archive.write(folder / "b_all.csv", "fer2013.csv")
    found = read(folder)
    assert [path for path, file in found.items() if file.content] == [
        "b_all.csv/Training/happy/000000.png",
        "b_all.csv/PublicTest/sad/000001.png",
    ]
    assert {path: file.ignored for path, file in found.items() if file.ignored} == dict.fromkeys(
        ("c.zip/fer2013.csv", "train.csv"), "further pixel table beside b_all.csv"
    )
    (folder / "b_all.csv").unlink()
    (folder / "c.zip").unlink()
    assert subset_of(next(iter(read(folder)))) == "train", "by the table's name"


def test_any_square_is_a_picture_and_nothing_else(tmp_path: Path) -> None:
    larger = np.random.default_rng(2).integers(0, 256, (64, 64))
    found = read(table(tmp_path / "set.csv", f"3,{pixels(larger)},", f"3,{pixels(LEVELS[:47])},", "3,,", f"3,{pixels(LEVELS + 1)},"))
    with Image.open(io.BytesIO(found["happy/000000.png"].content or b"")) as image:
        assert image.size == (64, 64)
    assert [(found[f"happy/00000{index}.png"].error or "")[:7] for index in (1, 2, 3)] == ["bad row"] * 3


def test_codes_that_fer2013_does_not_have_are_kept_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{code},{pixels()},Training" for code in (7, 8, 8, 2.5)]
    found = read(table(tmp_path / "set.csv", *rows, f",{pixels()},Training"))
    assert [path.split("/")[1] for path in found] == ["contempt", "emotion 8", "emotion 8", "emotion 2.5", "no emotion"]
    assert found["Training/no emotion/000004.png"].error == "bad row: it has no emotion"
    said = capsys.readouterr().err
    assert "'8' (2 rows)" in said and "'2.5' (1 row)" in said and "labels.aliases" in said


def test_a_table_in_an_archive_or_folder_is_read_and_other_tables_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    table(folder / "fer2013.csv", f"3,{pixels()},PublicTest")
    table(folder / "list.csv", "a.png,happy", header="path,label")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    for source in (folder, tmp_path / "set.zip"):
        found = read(source)
        assert found["fer2013.csv/PublicTest/happy/000000.png"].content
        assert found["list.csv"].ignored == "not an image"


@pytest.mark.parametrize(("header", "word"), [("pixels", "test set without labels"), ("Usage,Image name,neutral", "no column emotion and")])
def test_a_table_without_the_columns_says_which(header: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=word):
        read(table(tmp_path / "set.csv", "1", header=header))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_as_spreadsheets_save_it_is_read_alone_and_in_an_archive(encoding: str, tmp_path: Path) -> None:
    header, row = VARIANTS["tabs"]
    content = f"{header}\r\n{row}\r\n".encode(encoding)
    (tmp_path / "table.tsv").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("in/table.tsv", content)
    plain = read(table(tmp_path / "plain.csv", VARIANTS["plain"][1]))
    expected = {path: file.content for path, file in plain.items()}
    assert {path: file.content for path, file in read(tmp_path / "table.tsv").items()} == expected
    assert {path.removeprefix("in/table.tsv/"): file.content for path, file in read(tmp_path / "set.zip").items()} == expected
