"""Where the files of a class went: by random tables each file is counted once, and each cause has its words and its remedy."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.config.sections.labels import LabelParams
from mien.core.errors import TooFewImages
from mien.sanitise.emptied import Emptied, emptied, warnings
from mien.sanitise.labels import classify, closest_class
from mien.sanitise.rules import image_rows, sanitise
from mien.split.fates import fates
from mien.store.pointers import LFS
from mien.store.tables import SPLITS
from tests.random_tables import Tables

PARAMS = LabelParams(aliases={"angry": ("anger",), "fear": ("fears",), "happy": ("happiness",), "surprise": ("suprise",)})


def left(*files: tuple[str, str, int], subset: str | None = None, unknown: tuple[str, ...] = ()) -> Emptied:
    """What left, from (class, cause, how many)."""
    rows = [(label, cause, subset) for label, cause, num in files for _ in range(num)]
    return Emptied(pd.DataFrame(rows, columns=["label", "cause", "subset"]), unknown)


@given(st.integers(1, 120), st.integers(0, 10**6))
@settings(max_examples=25)
def test_every_file_that_left_is_counted_once_under_the_cause_of_its_fate(num: int, seed: int) -> None:
    tables = Tables(num, seed=seed, broken=0.2, conflicts=0.2, unknown=0.2)
    result = sanitise(image_rows(tables.files, tables.rejected, tables.duplicates, tables.sizes, PARAMS), PARAMS, method="stratified")
    found = emptied(tables.files, tables.rejected, [result.removed], result.labels["path"], PARAMS).rows
    kept = result.labels.assign(split="train")[SPLITS.names]
    fate = fates(tables.files, tables.rejected, kept, [result.removed]).merge(tables.files[["path", "label_raw"]], on="path")
    gone = fate[(fate["fate"] != "kept") & (fate["fate"] != "ignored")]
    its = classify(gone["label_raw"], PARAMS)
    meant = [name or (spelt and closest_class(spelt, PARAMS)) for name, spelt in zip(its, gone["label_raw"], strict=True)]
    cause = gone["reason"].where(gone["fate"] != "duplicate", "duplicate").replace({"unreadable": "permission denied"})
    expected = Counter((name, why) for name, why in zip(meant, cause, strict=True) if name)
    assert Counter((name, why) for name, why in zip(found["label"], found["cause"], strict=True) if name) == expected


def test_the_error_says_for_each_class_where_its_files_went_and_what_helps() -> None:
    what = left(("angry", "conflict", 12), ("angry", LFS, 3), ("fear", "unknown_label", 1), ("happy", "duplicate", 9), unknown=("misc",))
    error = TooFewImages({"angry": "angry has 0 images", "fear": "fear has 1 image"})
    angry, fear, remedy = str(what.told(error)).splitlines()
    assert angry == (
        "angry has 0 images: of its removed files, 12 are copies of one picture under different labels (conflict), "
        "3 are not an image (Git LFS pointer)"
    )
    assert fear == "fear has 1 image: of its removed files, 1 is under unknown labels that are spelt like it"
    for part in ("mien pairs --conflicts", "dedup.min_agreement", "git lfs pull", "labels.aliases", "or drop the class with labels.drop"):
        assert part in remedy
    assert "add images" not in remedy and "misc" not in remedy


def test_a_class_without_any_file_names_the_labels_that_are_no_class_if_there_are_any() -> None:
    error = TooFewImages({"sad": "sad has 0 images"})
    assert str(left().told(error)) == "sad has 0 images; no other file has this class\nadd images, or drop the class with labels.drop"
    told = str(left(unknown=("class001", "x")).told(error))
    assert "labels.aliases ('class001', 'x' are not classes)" in told and "add images" not in told


def test_in_an_official_test_split_only_its_files_count() -> None:
    what = left(("sad", "no_face", 2), subset="train")
    error = TooFewImages({"sad": "no sad"}, subset="test", otherwise=", or set split.method: stratified")
    assert str(what.told(error)).splitlines()[0] == "no sad; no other file for test has this class"
    assert str(what.told(error)).endswith("labels.drop, or set split.method: stratified")
    assert "2 are without a face" in str(left(("sad", "no_face", 2), subset="test").told(error))


@pytest.mark.parametrize(
    ("cause", "part"), [("cloud placeholder", "download"), ("no_face", "faces.min_score"), ("truncated", "download the damaged")]
)
def test_each_cause_has_its_remedy(cause: str, part: str) -> None:
    assert part in left(("sad", cause, 2)).remedy(["sad"])


def test_classes_of_which_the_same_is_to_be_said_share_a_sentence() -> None:
    said = warnings(left(("angry", "conflict", 2)), ["angry", "fear", "sad"])
    assert (
        len(said) == 2
        and said[0].startswith("warning: 0 images of angry: of its")
        and said[1].startswith("warning: 0 images of fear, sad; no")
    )
