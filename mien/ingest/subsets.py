"""Folders that part a set into training, validation and test images, as sets on the web call them.

A folder is one if its name holds nothing but words of the lists below, apart or glued, and numbers, and among them a word of a split:
train, Train (1), Training Set, train_set, test_images, testset, FER2013Train, RAF-DB_valid. No name of an expression is made of these words.
"""

import re
import unicodedata
from functools import lru_cache

# FER2013's pixel table has two held-out parts, PublicTest and PrivateTest. Both are test, as in the set's folder layout (7,178 images):
# metrics from the table and from the folders can then be compared, and no held-out image is trained on.
_SPLITS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "validate": "val", "validating": "val", "dev": "val", "eval": "val", "evaluation": "val",
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
# Between letters and digits (FER2013), and between small and large letters too (FER2013Train).
_DIGITS = r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
_SEAMS = (re.compile(_DIGITS), re.compile(rf"{_DIGITS}|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"))


@lru_cache(maxsize=4096)
def splits_of(folder: str) -> frozenset[str]:
    """The splits (train, val, test) that a folder's name stands for: none for most, several for 'trainval' or 'train_test_split'."""
    name = unicodedata.normalize("NFKC", folder)
    for seam in _SEAMS:
        words = [word for word in re.split(r"[\W_]+", seam.sub(" ", name).casefold()) if word and not word.isdigit()]
        if all(_GLUED.fullmatch(word) for word in words):
            return frozenset(_SPLITS[part] for word in words for part in _parts(word) if part in _SPLITS)
    return frozenset()


def _parts(word: str) -> list[str]:
    """The words that a word is glued of; by backtracking, since 'validation' begins with 'valid'."""
    if word in _SPLITS or word in _BESIDE or not word:
        return [word] if word else []
    for end in range(len(word) - 1, 0, -1):
        if _EACH.fullmatch(word[:end]) and _GLUED.fullmatch(word[end:]):
            return [word[:end], *_parts(word[end:])]
    raise AssertionError(word)
