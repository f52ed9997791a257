"""Metadata reach the files that they name, however the name is composed, and a table that is off is refused."""

import json
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from mien.core.errors import SourceError
from mien.ingest.metadata import add_metadata, read_metadata


def rows(*names: str) -> list[dict[str, Any]]:
    return [{"path": name} for name in names]


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "metadata.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_subject_and_all_other_columns_arrive(tmp_path: Path) -> None:
    path = table(tmp_path, "\ufeffpath,subject,camera,age\nhappy/a.jpg,Ann,X100,31\n.\\sad\\b.jpg,,,\n")
    files = rows("happy/a.jpg", "sad/b.jpg", "sad/c.jpg")
    assert add_metadata(files, read_metadata(path), path=path) == []
    assert [file["subject"] for file in files] == ["Ann", None, None]
    assert json.loads(files[0]["metadata"]) == {"camera": "X100", "age": "31"}
    assert json.loads(files[1]["metadata"]) == {"camera": None, "age": None}
    assert files[2]["metadata"] is None


def test_labels_are_read_and_are_no_further_column(tmp_path: Path) -> None:
    path = table(tmp_path, "path,label,camera\nhappy\\a.jpg, 5 ,X\nb.jpg,,Y\n")
    found = read_metadata(path)
    assert found.labels == {"happy/a.jpg": "5"} and found.others["happy/a.jpg"] == '{"camera": "X"}'


def test_a_list_of_names_and_labels_is_told_the_header_and_the_line_that_makes_it(tmp_path: Path) -> None:
    path = table(tmp_path, "train_00001.jpg 5\ntest_0002.jpg 4\n")
    with pytest.raises(SourceError, match=r"path,label.*FOLDER/train_00001_aligned\.jpg,5") as caught:
        read_metadata(path)
    command = str(caught.value).split("for RAF-DB: ")[1].replace(" > metadata.csv", "")
    made = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    found = read_metadata(table(tmp_path, made))
    assert found.labels == {"FOLDER/train_00001_aligned.jpg": "5", "FOLDER/test_0002_aligned.jpg": "4"}


def test_quoted_values_may_hold_what_parts_values_and_lines(tmp_path: Path) -> None:
    path = table(tmp_path, 'path,subject\n"a, b.jpg","Ann ""A""\nB"\nc.jpg,Zo\u2028e\n')
    assert read_metadata(path).subjects == {"a, b.jpg": 'Ann "A"\nB', "c.jpg": "Zo\u2028e"}


def test_composition_of_accents_does_not_matter(tmp_path: Path) -> None:
    path = table(tmp_path, f"path,subject\n{unicodedata.normalize('NFD', 'überrascht/é.jpg')},Zoë\n")
    files = rows(unicodedata.normalize("NFC", "überrascht/é.jpg"))
    add_metadata(files, read_metadata(path), path=path)
    assert files[0]["subject"] == "Zoë" and files[0]["metadata"] is None


def test_the_header_alone_is_no_metadata(tmp_path: Path) -> None:
    path = table(tmp_path, "path,subject\n")
    files = rows("a.jpg")
    assert add_metadata(files, read_metadata(path), path=path) == []
    assert files == [{"path": "a.jpg", "subject": None, "metadata": None}]


def test_some_unknown_paths_are_told_and_only_unknown_ones_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "path,subject\na.jpg,Ann\ngone.jpg,Bob\n")
    assert add_metadata(rows("a.jpg", "b.jpg"), read_metadata(path), path=path) == ["gone.jpg"]
    with pytest.raises(SourceError, match=r"no path in .*relative to the source"):
        add_metadata(rows("photos/a.jpg"), read_metadata(path), path=path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must begin with a header"),
        ("path;subject\na;b\n", "separated by commas"),
        ("path,subject\na.jpg,Ann,more\n", "line 2 has 3 values for 2 columns"),
        ("path,subject\na.jpg,Ann\n./a.jpg,Bob\n", "line 3 names a.jpg a second time"),
        ('path,subject\n"a\nb",Ann\n"a\nb",Bob\n', r"line 5 names a\\nb a second time"),
        ("x" * 9000 + "\n", r"it begins with 'x{56}\.\.\.$"),
        ('path,subject\na.jpg,"Ann\nb.jpg,Bob\nc.jpg,Cid\n', "is not valid CSV .*, by line 4.*; look for an unmatched quotation mark"),
    ],
)
def test_faults_name_the_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=words):
        read_metadata(table(tmp_path, text))


def test_a_missing_table_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"ingest\.metadata: .* does not exist; if you have no metadata, write a file with only the header"
    ):
        read_metadata(tmp_path / "none.csv")
