"""Votes reach the images that they name, by path, by name, or by the row of a pixel table; a table that is off is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from mien.core.errors import SourceError
from mien.ingest.votes import VoteTable, add_votes, ferplus_votes, is_ferplus, read_votes

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
NO_TABLE = VoteTable([], [], "")


def rows(*paths: str) -> list[dict[str, Any]]:
    return [{"path": path, "sample_id": "ab", "ignored": None} for path in paths]


def table(tmp_path: Path, text: str) -> VoteTable:
    path = tmp_path / "votes.csv"
    path.write_text(text, encoding="utf-8")
    return read_votes(path)


def votes_of(files: list[dict[str, Any]]) -> list[Any]:
    return [None if file["votes"] is None else json.loads(file["votes"]) for file in files]


def ferplus(*lines: str) -> VoteTable:
    """FERPlus's table with these lines."""
    return ferplus_votes("\n".join([HEADER, *lines]).encode(), path="fer2013new.csv")


def test_lines_name_images_by_path_or_by_file_name(tmp_path: Path) -> None:
    files = rows("train/happy/1.jpg", "train/sad/2.jpg", "train/sad/3.jpg")
    listed = table(tmp_path, "path,camera,happy,sad,NF\ntrain\\happy\\1.jpg,X1,7,3,0\n2.jpg,,0,,2\n")
    assert add_votes(files, listed, {}) == ["2 of 3 images have votes in " + str(tmp_path / "votes.csv")]
    assert votes_of(files) == [{"happy": 7, "sad": 3}, {"NF": 2}, {}], "a column of words has no votes; an image that is not named has none"


def test_without_a_table_no_image_has_votes(tmp_path: Path) -> None:
    files = rows("a.jpg")
    assert add_votes(files, table(tmp_path, "path\n"), {}) == [] and votes_of(files) == [None]


def test_a_table_in_the_source_is_for_its_folder() -> None:
    files = rows("other/1.jpg", "plus/FER2013Train/fer0000001.png", "plus/FER2013Test/fer0000002.png")
    found = ferplus(
        "Training,fer0000001.png,1,0,9,0,0,0,0,0,0,0",
        "PrivateTest,fer0000002.png,0,0,0,0,0,0,0,0,0,10",
        "Training,,0,0,0,0,0,0,0,0,0,10",
    )
    assert is_ferplus("plus/FER2013new.csv") and not is_ferplus("plus/label.csv")
    add_votes(files, NO_TABLE, {"plus/": found})
    assert votes_of(files) == [None, {"neutral": 1, "surprise": 9}, {"NF": 10}]


def test_rows_of_a_pixel_table_take_the_votes_of_the_same_line() -> None:
    files = rows("fer2013.csv/Training/angry/000000.png", "fer2013.csv/PublicTest/sad/000002.png", "fer2013.csv/Training/fear/000001.png")
    found = ferplus(
        "Training,fer0000000.png,8,0,0,0,0,0,0,0,0,0",
        "Training,,0,0,0,0,0,0,0,0,0,9",
        "PublicTest,fer0000001.png,0,7,0,0,0,0,0,0,0,0",
    )
    add_votes(files, NO_TABLE, {"": found})
    assert votes_of(files) == [{"neutral": 8}, {"happiness": 7}, {"NF": 9}]
    with pytest.raises(SourceError, match=r"3 lines.*the pixel table of the source has 2 rows"):
        add_votes(files[:1] + files[2:], NO_TABLE, {"": found})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,happy\na.jpg,3\n", "must have a column path"),
        ("path,happy\na.jpg,many\n", "has no column of votes"),
        ("path,happy\na.jpg,3\na.jpg,4\n", "names a.jpg a second time"),
        ("path,happy\nelsewhere.jpg,3\n", "names no image of the source: the table has 'elsewhere.jpg', the source has 'a.jpg'"),
        ("path,happy\na.jpg,3,4\n", "line 2 has 3 values for 2 columns"),
    ],
)
def test_a_table_that_is_off_is_refused_with_the_remedy(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match="ingest.votes: .*" + words):
        add_votes(rows("a.jpg"), table(tmp_path, text), {})


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ingest\.votes: .* does not exist; without votes, make it a file with the one line path"):
        read_votes(tmp_path / "votes.csv")
