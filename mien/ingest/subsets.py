"""Recognises folders that divide a dataset into training, validation and test images, by the names common in published datasets.

A folder is recognised if its name consists only of numbers and of words in the lists below, separated or joined, and at least one
word is that of a split: train, Train (1), Training Set, train_set, test_images, testset, FER2013Train, RAF-DB_valid. No name of an
expression consists of these words.
"""

import re
import unicodedata
from functools import lru_cache

# FER2013's pixel table has two held-out parts, PublicTest and PrivateTest. Both count as test, as in the dataset's folder layout (7,178
# images): metrics from the table and from the folders can then be compared, and no held-out image is trained on.
_SPLITS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "validate": "val", "validating": "val", "dev": "val",
    "eval": "val", "evaluation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
_BESIDE = [
    "set",
    "sets",
    "dataset",
    "datasets",
    "data",
    "image",
    "images",
    "img",
    "imgs",
    "picture",
    "pictures",
    "pic",
    "pics",
    "photo",
    "photos",
    "face",
    "faces",
    "facial",
    "crop",
    "crops",
    "cropped",
    "aligned",
    "original",
    "split",
    "splits",
    "subset",
    "part",
    "partition",
    "folder",
    "dir",
    "files",
    "public",
    "private",
    "official",
    "class",
    "classes",
    "label",
    "labels",
    "emotion",
    "emotions",
    "expression",
    "expressions",
    "fer",
    "ferplus",
    "rafdb",
    "raf",
    "db",
    "affectnet",
    "ck",
    "ckplus",
    "kdef",
    "jaffe",
    "expw",
    "sfew",
    "afew",
]
_GLUED = re.compile(f"(?:{'|'.join(sorted([*_SPLITS, *_BESIDE], key=len, reverse=True))})+")
_EACH = re.compile("|".join(sorted([*_SPLITS, *_BESIDE], key=len, reverse=True)))
# Words are separated between letters and digits (FER2013), and then between lower and upper case too (FER2013Train).
_DIGITS = r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
_SEAMS = (re.compile(_DIGITS), re.compile(rf"{_DIGITS}|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"))


@lru_cache(maxsize=4096)
def splits_of(folder: str) -> frozenset[str]:
    """The splits (train, val, test) that a folder's name means: none for most folders, several for 'trainval' or 'train_test_split'."""
    name = unicodedata.normalize("NFKC", folder)
    for seam in _SEAMS:
        words = [word for word in re.split(r"[\W_]+", seam.sub(" ", name).casefold()) if word and not word.isdigit()]
        if all(_GLUED.fullmatch(word) for word in words):
            return frozenset(_SPLITS[part] for word in words for part in _parts(word) if part in _SPLITS)
    return frozenset()


def _parts(word: str) -> list[str]:
    """The words that are joined in `word`. They are found by backtracking, because 'validation' begins with 'valid'."""
    if word in _SPLITS or word in _BESIDE or not word:
        return [word] if word else []
    for end in range(len(word) - 1, 0, -1):
        if _EACH.fullmatch(word[:end]) and _GLUED.fullmatch(word[end:]):
            return [word[:end], *_parts(word[end:])]
    raise AssertionError(word)
