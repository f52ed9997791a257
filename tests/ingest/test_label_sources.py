"""The label of a file: the table before the pattern, the pattern before the folder; and what ingest says of the labels it found."""

import re
from typing import Any

import pytest

from mien.config.spelling import Spellings
from mien.core.errors import SourceError
from mien.ingest.label import add_labels
from mien.ingest.remarks import label_remarks, lfs_remarks

KNOWN = Spellings(["happy", "sad"], {"happy": ["HA"]})


def rows(**folders: str | None) -> list[dict[str, Any]]:
    """Images NAME.jpg with the labels of their folders."""
    return [{"path": f"{name}.jpg", "sample_id": name, "label_raw": folder, "votes": None} for name, folder in folders.items()]


def test_the_table_goes_before_the_pattern_and_the_pattern_before_the_folder() -> None:
    files = rows(A_HA="a", B_HA="b", C_x="c", D_x=None)
    files.append({"path": "E_x.txt", "sample_id": None, "label_raw": "e", "votes": None})
    rest = add_labels(files, r"_(?P<label>[A-Z]{2})\.", {"B_HA.jpg": "sad", "gone.jpg": "happy"})
    assert [file["label_raw"] for file in files] == ["HA", "sad", "c", None, "e"]
    assert rest == ["C_x.jpg", "D_x.jpg"], "images that neither names"


def test_without_a_pattern_the_table_alone_counts() -> None:
    files = rows(a="x", b=None)
    assert add_labels(files, "", {"b.jpg": "happy"}) == []
    assert [file["label_raw"] for file in files] == ["x", "happy"]
    assert add_labels(files, "", {}) == [] and [file["label_raw"] for file in files] == ["x", "happy"]


def test_a_pattern_that_labels_no_image_is_refused_whatever_the_table_says() -> None:
    with pytest.raises(SourceError, match=r"^ingest\.label: .* finds no label in any of 2 images, such as 'a\.jpg'; correct the pattern"):
        add_labels(rows(b="x", a="happy"), r"(?P<label>\d)", {"a.jpg": "sad"})


def test_ingest_says_what_has_no_label_by_the_pattern_and_what_has_one_of_an_outer_folder() -> None:
    files = [
        {"path": path, "sample_id": path, "label_raw": label, "votes": None}
        for path, label in (("happy/S1/a", "happy"), ("sad/b", "sad"), ("x/c", "x"))
    ]
    said = list(label_remarks(files, KNOWN, ["x/c"]))
    assert len(said) == 2 and said[0].startswith("warning: 1 of 3 images have no label by ingest.label") and said[0].endswith("such as x/c")
    assert said[1] == "ingest: 1 images have the label of a folder that is not the innermost one, such as happy/S1/a"
    assert list(label_remarks(files[1:], KNOWN, [])) == []


def test_ingest_warns_of_a_source_without_any_label_that_is_a_class() -> None:
    (line,) = label_remarks(rows(a="AF01", b=None), KNOWN, [])
    assert line.startswith("warning: ingest.source: none of 2 images has a label") and re.search(
        r"1 'AF01'.*ingest\.label.*ingest\.metadata", line
    )


@pytest.mark.parametrize(
    ("num", "words"), [(1, "1 image is a Git LFS pointer and no photograph; run"), (7, "7 images are Git LFS pointers and")]
)
def test_ingest_warns_of_pointers(num: int, words: str) -> None:
    (line,) = lfs_remarks(num)
    assert words in line and "git lfs pull" in line
    assert list(lfs_remarks(0)) == []
