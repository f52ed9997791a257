"""A source without a usable image, or without a label that is a class, is told what it has and what to do."""

import pandas as pd
import pytest

from mien.config.spelling import Spellings
from mien.core.errors import LabelError, SourceError
from mien.ingest.unlabelled import no_label, require_some
from mien.store.pointers import LFS

KNOWN = Spellings(["happy", "sad"])


def table(*labels: str | None, names: tuple[str, ...] = ()) -> pd.DataFrame:
    paths = list(names) or [f"{at}.jpg" for at in range(len(labels))]
    return pd.DataFrame({"path": paths, "label_raw": pd.Series(labels, dtype=object)})


def rejections(*reasons: str, detail: str = "") -> pd.DataFrame:
    return pd.DataFrame({"reason": pd.Series(reasons, dtype=object), "detail": detail})


def test_one_label_that_is_a_class_is_enough() -> None:
    require_some(table(None, "x", "HAPPY 2"), table(), rejections(), KNOWN)


@pytest.mark.parametrize(
    ("labels", "names", "parts"),
    [
        (
            (None, None),
            (),
            ["no image is in a folder whose name could be a label", "labels come from the names of folders", "a group (?P<label>...)"],
        ),
        (("b", "a", "a"), (), ["the labels found are: 2 'a', 1 'b'", "labels.aliases", "ingest.metadata", "path,label"]),
        (tuple("abcdefg"), (), ["1 'e' and 2 more"]),
        (
            ("AF01", "AF01"),
            ("AF01/AF01HAS.JPG", "AF01/AF01SAS.JPG"),
            ["KDEF", "set ingest.layout: kdef (its labels: angry, disgust,", "`mien check`"],
        ),
        ((None,), ("train_00001.jpg",), ["RAF-DB", "ingest.layout: raf_db"]),
        ((None, None), ("happy_1.jpg", "sad_2.jpg"), ["the word of a class: set ingest.label: '(?i)"]),
    ],
)
def test_the_message_says_what_there_is_and_the_ways_to_labels(labels: tuple[str, ...], names: tuple[str, ...], parts: list[str]) -> None:
    rows = table(*labels, names=names)
    with pytest.raises(LabelError) as caught:
        require_some(rows, rows, rejections(), KNOWN)
    assert all(part in str(caught.value) for part in [f"ingest.source: none of {len(labels)} images", *parts]) and "\n" not in str(
        caught.value
    )
    assert str(caught.value) == no_label(rows["label_raw"].tolist(), rows["path"].tolist(), KNOWN)


def test_a_source_of_which_all_is_rejected_says_as_what() -> None:
    with pytest.raises(SourceError, match=r"none of 3 files .*\(different contents rejected: 2 not_an_image, 1 empty\)"):
        require_some(table(), table("a", "b", "c"), rejections("not_an_image", "empty", "not_an_image"), KNOWN)
    with pytest.raises(SourceError, match="1 Git LFS pointers: run `git lfs pull`"):
        require_some(table(), table("a"), rejections("not_an_image", detail=LFS), KNOWN)
