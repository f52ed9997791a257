"""Which folders are training, validation and test folders, and that no name of an expression, class or person is one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.config.spelling import Spellings
from mien.ingest.layout import label_of, subset_of
from mien.ingest.subsets import splits_of

KNOWN = Spellings(["angry", "happy", "sad"], {"angry": ["anger"]})
WORDS = {
    "train": ["train", "training"],
    "val": ["val", "valid", "validation", "validate", "dev", "eval"],
    "test": ["test", "testing", "publictest", "PrivateTest"],
}
EMOTIONS = [
    "anger",
    "angry",
    "annoyed",
    "disgust",
    "disgusted",
    "fear",
    "fearful",
    "afraid",
    "scared",
    "happy",
    "happiness",
    "joy",
    "smile",
    "sad",
    "sadness",
    "unhappy",
    "surprise",
    "surprised",
    "suprise",
    "neutral",
    "calm",
    "contempt",
    "bored",
    "boredom",
    "confused",
    "pain",
    "tired",
    "excited",
    "amused",
    "content",
    "serious",
    "love",
    "hate",
    "detest",
    "protest",
    "attest",
    "contest",
    "shame",
    "pride",
    "guilt",
    "relief",
    "interest",
    "anxious",
    "valence",
    "arousal",
    "others",
    "none",
    "unknown",
]


@pytest.mark.parametrize(
    ("folder", "subset"),
    [
        ("train_set", "train"), ("val_set", "val"), ("Training Set", "train"), ("test_images", "test"), ("dev", "val"), ("validate", "val"),
        ("FER2013Train", "train"), ("FER2013Valid", "val"), ("FER2013Test", "test"), ("Train_Images", "train"), ("testset", "test"),
        ("Train (1)", "train"), ("Test Set", "test"), ("eval", "val"), ("train_class", "train"), ("TRAINING-DATA", "train"),
        ("images_test", "test"),
        ("AffectNet_train", "train"), ("AffectNetVal", "val"), ("rafdb-test", "test"), ("Public Test", "test"), ("test2", "test"),
        ("trainval", "train"),
        ("faces.train", "train"), ("validation_split_0", "val"),
        ("train_test_split", None), ("images", None), ("happy_train", None), ("Dev Patel", None), ("Valerie", None), ("trainers", None),
        ("testimony", None), ("S001", None), ("2013", None), ("retrain", None),
    ],
)  # fmt: skip
def test_split_folders_of_many_spellings(folder: str, subset: str | None) -> None:
    assert subset_of(f"{folder}/a.jpg") == subset
    assert (label_of(f"{folder}/a.jpg") is None) == (subset is not None or folder == "train_test_split")


@given(st.data())
def test_a_word_of_a_split_with_words_beside_it_is_the_split(data: st.DataObject) -> None:
    split = data.draw(st.sampled_from(sorted(WORDS)))
    beside = st.sampled_from(["set", "images", "imgs", "data", "split", "faces", "folder", ""])
    before, word, after = data.draw(beside), data.draw(st.sampled_from(WORDS[split])), data.draw(beside)
    name = data.draw(st.sampled_from(["", " ", "_", "-"])).join(part for part in (before, word, after) if part)
    name = data.draw(st.sampled_from([str.upper, str.lower, str.title, str]))(name)
    assert splits_of(name) == {split}


@pytest.mark.parametrize("word", EMOTIONS)
@pytest.mark.parametrize("form", ["{}", "{}_2", "{} images", "{} set", "{}_faces", "{}data", "train {}", "{}test"])
def test_no_folder_of_an_expression_is_a_split(word: str, form: str) -> None:
    assert splits_of(form.format(word)) == frozenset()


def test_a_folder_that_spells_a_class_is_a_label_and_no_split() -> None:
    known = Spellings(["test", "control"], {"control": ["training"]})
    assert [label_of(f"{folder}/a.jpg", known) for folder in ("test", "Training", "train")] == ["test", "Training", None]
    assert [subset_of(f"{folder}/a.jpg", known) for folder in ("test", "Training", "train")] == [None, None, "train"]


@pytest.mark.parametrize(
    ("path", "label", "subset"),
    [
        ("happy/S001/a.jpg", "happy", None), ("Happy (1)/new folder/b.jpg", "Happy (1)", None), ("S001/happy/a.jpg", "happy", None),
        ("train/happy/S001/session 2/a.jpg", "happy", "train"), ("happy/train/S001/a.jpg", "happy", "train"), ("sad/happy/a.jpg", "happy",
            None),
        ("happy/images/a.jpg", "happy", None), ("contempt/S001/a.jpg", "S001", None), ("S001/a.jpg", "S001", None),
        ("train_set/a.jpg", None, "train"), ("val_set/images/a.jpg", "images", "val"),
        ("happy.zip/a.jpg", "happy", None), ("happy.ZIP/S001/a.jpg", "happy", None), ("train.tar.gz/anger/a.jpg", "anger", "train"),
        ("drive-download-001.zip/happy/a.jpg", "happy", None), ("test.tar.xz/a.jpg", None, "test"), ("contempt.tgz/a.jpg", "contempt",
            None),
        (".zip/a.jpg", ".zip", None), ("happy.jpg/a.jpg", "happy.jpg", None), ("a.jpg", None, None),
    ],
)  # fmt: skip
def test_the_nearest_folder_of_a_class_labels_a_file(path: str, label: str | None, subset: str | None) -> None:
    assert (label_of(path, KNOWN), subset_of(path, KNOWN)) == (label, subset)


@given(st.lists(st.sampled_from(["happy", "SAD", "S001", "new folder", "train", "test_set", "x.zip"]), max_size=5))
def test_a_path_that_names_classes_has_the_last_of_them(folders: list[Any]) -> None:
    named = [folder for folder in folders if KNOWN.class_of(folder)]
    label = label_of("/".join([*folders, "a.jpg"]), KNOWN)
    assert (KNOWN.class_of(label) is not None) == bool(named)
    assert not named or label == named[-1]
