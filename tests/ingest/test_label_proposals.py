"""Patterns for file names with words, and none where names tell nothing."""

import re

import pytest

from mien.config.spelling import Spellings
from mien.ingest.label_proposals import propose

KNOWN = Spellings(["angry", "fear", "happy", "sad", "surprise"], {"sad": ["unhappy"], "angry": ["angry faces"]})


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["happy_0001.jpg", "sad_0002.jpg"], ["happy", "sad"]),
        (["0001_happy.jpg", "x/0002_SAD.png"], ["happy", "SAD"]),
        (["img-happy-3.png", "unhappy2.jpg", "P1_angry-faces (2).jpg"], ["happy", "unhappy", "angry-faces"]),
        (["unhappy/a_surprise.jpg", "S1 fear.jpg"], ["surprise", "fear"]),
    ],
)
def test_words_of_classes_in_file_names(names: list[str], labels: list[str]) -> None:
    found = propose(names, KNOWN)
    assert found and "'" not in found.pattern, "it goes into single quotes"
    assert [re.search(found.pattern, name)["label"] for name in names] == labels  # type: ignore[index]


@pytest.mark.parametrize(
    "names",
    [
        [], ["IMG_1.jpg", "IMG_2.jpg"], ["happy_1.jpg", "happy_2.jpg"], ["unhappyish.jpg", "sadly.jpg"], ["happy/1.jpg", "sad/2.jpg"],
        ["happy_1.jpg", "sad_1.jpg", *(f"IMG_{at}.jpg" for at in range(5))], ["AF01ANS.JPG", *(f"IMG_{at}.jpg" for at in range(9))],
    ],
)  # fmt: skip
def test_names_that_tell_nothing_or_one_class_only_or_too_seldom(names: list[str]) -> None:
    assert propose(names, KNOWN) is None


def test_without_classes_words_cannot_be_known() -> None:
    assert propose(["happy_1.jpg", "sad_1.jpg"], Spellings()) is None
