"""The subject in a file's name: what the pattern finds, where it gives way to the metadata, and a pattern that does not fit."""

import re
import unicodedata
from typing import Any

import pytest

from mien.core.errors import SourceError
from mien.ingest.pattern import group_of
from mien.ingest.subject import add_subjects

CK = r"(?P<subject>S\d+)_\d+_\d+\.png$"
JAFFE = r"(?P<subject>[A-Z]{2})\.[A-Z]{2}\d"


def rows(**subjects: str | None) -> list[dict[str, Any]]:
    """Images called as the keys, with the subjects that the metadata gave them."""
    return [{"path": f"{name}.png", "sample_id": name, "subject": subject} for name, subject in subjects.items()]


@pytest.mark.parametrize(
    ("pattern", "path", "subject"),
    [
        (CK, "happy/S010_006_00000013.png", "S010"),
        (CK, "happy/S010_006_00000013.txt", None),
        (CK, "S010_006_00000013.png/a.png", None),
        (JAFFE, "KA.AN1.39.tiff", "KA"),
        (JAFFE, "train/angry/YM.HA2.53.tiff", "YM"),
        (JAFFE, "ka.an1.39.tiff", None),
        (r"(?P<subject>P\d+)_", "P7_happy/P12_3.jpg", "P7"),
        (r"/(?P<subject>[^/]+)/[^/]+$", "happy/Ann/1.jpg", "Ann"),
        (r"/(?P<subject>[^/]+)/[^/]+$", "happy\\Ann\\1.jpg", "Ann"),
        (r"^(?P<subject>[^/]+)/", "./ Ann /1.jpg", "Ann"),
    ],
)
def test_the_group_is_the_subject_wherever_the_path_holds_it(pattern: str, path: str, subject: str | None) -> None:
    assert group_of(path, re.compile(pattern), "subject") == subject


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composition_of_accents_does_not_matter(form: Any) -> None:
    path = unicodedata.normalize(form, "happy/Zoë_1.jpg")
    assert group_of(path, re.compile(r"(?P<subject>Zo\w)_"), "subject") == unicodedata.normalize("NFC", "Zoë")


@pytest.mark.parametrize("pattern", [r"(?P<subject>S\d+)?", r"(?P<subject>[0-9]*)", r"(?P<subject>\s)?b"])
def test_an_empty_group_is_no_subject(pattern: str) -> None:
    assert group_of("a b.png", re.compile(pattern), "subject") is None


def test_the_metadata_goes_before_the_pattern() -> None:
    files = rows(S1_1="Ann", S1_2=None, S2_1=None)
    assert add_subjects(files, r"(?P<subject>S\d)_") == []
    assert [file["subject"] for file in files] == ["Ann", "S1", "S2"]


def test_images_without_subject_are_returned_sorted_and_others_left_out() -> None:
    files = rows(S1_1=None, other=None, another=None, known="Ann")
    files.append({"path": "ignored.txt", "sample_id": None, "subject": None})
    assert add_subjects(files, r"(?P<subject>S\d)_") == ["another.png", "other.png"]
    assert [file["subject"] for file in files] == ["S1", None, None, "Ann", None]


def test_no_pattern_changes_nothing() -> None:
    files = rows(S1_1="Ann", S1_2=None)
    assert add_subjects(files, "") == []
    assert files == rows(S1_1="Ann", S1_2=None)


@pytest.mark.parametrize("pattern", [CK, r"(?P<subject>[0-9]*)"])
def test_a_pattern_that_names_no_image_is_refused_whatever_the_metadata_and_other_files_say(pattern: str) -> None:
    files = rows(b="Ann", a="Bob")
    files.append({"path": "S010_006_00000013.png", "sample_id": None, "subject": None})  # hidden or damaged
    message = rf"^ingest\.subject: {re.escape(pattern)} finds no subject in any of 2 images, such as 'a\.png'; correct the pattern"
    with pytest.raises(SourceError, match=message):
        add_subjects(files, pattern)
