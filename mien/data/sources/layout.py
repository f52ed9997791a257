"""What a path inside a source says: the label as the folder spells it, and the subset."""

import re
import unicodedata
from collections.abc import Callable

# FER2013's pixel table has two held-out parts, PublicTest and PrivateTest. Both are test, as in the set's folder layout (7,178 images):
# figures from the table and from the folders can then be compared, and no held-out image is trained on.
_SUBSETS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "publictest": "test",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}


def subset_of(path: str) -> str | None:
    """train, val or test where a folder of the path is called so; of several the innermost."""
    for folder in reversed(path.split("/")[:-1]):
        if subset := _SUBSETS.get(folder.strip().casefold()):
            return subset
    return None


def label_of(path: str) -> str | None:
    """The innermost folder that is no subset, as spelt; None at the source's top."""
    folders = [folder for folder in path.split("/")[:-1] if folder.strip().casefold() not in _SUBSETS]
    return folders[-1] if folders else None


def shown_path(name: str) -> str:
    """An archive's or file system's name as a clean relative path: / between parts, no root, drive, '.' or '..', only valid Unicode.

    It is shown and looked up, never opened, so that a name such as ../../etc/passwd can do nothing.
    """
    parts = [part for part in name.replace("\0", "").split("/") if part not in ("", ".", "..")]
    if len(parts) > 1 and re.fullmatch(r"[A-Za-z]:", parts[0]):
        parts = parts[1:]
    return "/".join(parts).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") or "unnamed"


def path_key(path: str) -> str:
    """The path as users write it: with / and composed accents.

    Spreadsheets and file systems differ in both; that must not part a file from its row in a table, nor from a pattern.
    """
    return unicodedata.normalize("NFC", path.replace("\\", "/")).removeprefix("./").strip("/")


def unique_paths() -> Callable[[str], str]:
    """A function that returns each path it is given, with ' (2)', ' (3)' … before the suffix where the path was there before."""
    seen: set[str] = set()

    def unique(path: str) -> str:
        folder, slash, name = path.rpartition("/")
        stem, dot, suffix = name.rpartition(".") if "." in name[1:] else (name, "", "")
        candidate, number = path, 2
        while candidate in seen:
            candidate, number = f"{folder}{slash}{stem} ({number}){dot}{suffix}", number + 1
        seen.add(candidate)
        return candidate

    return unique
