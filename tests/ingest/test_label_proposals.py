"""Patterns for file names: of the published sets, of names with words, and none where names tell nothing."""

import re

import pytest

from mien.config.spelling import Spellings
from mien.ingest.label_proposals import propose

KNOWN = Spellings(["angry", "fear", "happy", "sad", "surprise"], {"sad": ["unhappy"], "angry": ["angry faces"]})


@pytest.mark.parametrize(
    ("what", "names", "labels", "subjects"),
    [
        (
            "KDEF",
            ["AF01ANS.JPG", "BM35HAHL.JPG", "AF01/AF01SUFR.jpg", "bm02afs.jpg"],
            ["AN", "HA", "SU", "af"],
            ["F01", "M35", "F01", "m02"],
        ),
        ("JAFFE", ["KA.AN1.39.tiff", "jaffe/YM.HA2.53.tiff"], ["AN", "HA"], ["KA", "YM"]),
        ("NimStim", ["01F_AN_O.BMP", "45M_SP_C.bmp"], ["AN", "SP"], ["01F", "45M"]),
        ("FACES", ["004_o_m_a_a.jpg", "066_y_f_h_b.jpg"], ["a", "h"], ["004", "066"]),
    ],
)
def test_names_of_published_sets(what: str, names: list[str], labels: list[str], subjects: list[str]) -> None:
    found = propose(names, KNOWN)
    assert found and found.what.startswith(what)
    assert [re.search(found.pattern, name)["label"] for name in names] == labels  # type: ignore[index]
    assert [re.search(found.subject, name)["subject"] for name in names] == subjects  # type: ignore[index]
    assert found.labels == {label: labels.count(label) for label in labels}
    aliases = found.aliases(KNOWN)
    known = Spellings(["angry", "fear", "happy", "sad", "surprise"], aliases)
    meant = {"AN": "angry", "HA": "happy", "SU": "surprise", "AF": "fear", "SP": "surprise", "A": "angry", "H": "happy"}
    assert {label: known.class_of(label) for label in labels} == {label: meant[label.upper()] for label in labels}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["train_00001_aligned.jpg", "test_0002_aligned.jpg"], ["RAF-DB", "list_patition_label.txt", "ingest.metadata"]),
        (["S010_006_00000013.png", "x/S011/S011_001_00000001.png"], ["CK+", "ingest.metadata"]),
    ],
)
def test_names_of_sets_that_keep_labels_elsewhere_have_no_pattern_but_advice(names: list[str], words: list[str]) -> None:
    found = propose(names, KNOWN)
    assert found and not found.pattern and not found.labels and all(word in found.what for word in words)


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
    assert found and not found.aliases(KNOWN) and "'" not in found.pattern, "it goes into single quotes"
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
