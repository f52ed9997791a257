"""What a path inside a source says: the label as the folder spells it, and the subset."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from mien.config.spelling import Spellings
from mien.ingest.subsets import splits_of

_NO_CLASSES = Spellings()
# An archive inside a folder stands in the path like a folder: happy.zip/1.jpg.
_ARCHIVE = re.compile(r"(?<=.)\.(csv(\.gz)?|tsv|zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz))$", re.IGNORECASE)


def subset_of(path: str, known: Spellings = _NO_CLASSES) -> str | None:
    """train, val or test where a folder of the path is called so (see subsets.py) and spells none of the `known` classes.

    Of several folders the innermost; trainval is train, and a folder that names test and another split (train_test_split) is none.
    """
    for folder in reversed(_folders(path)):
        splits = splits_of(folder)
        if splits and known.class_of(folder) is None and (len(splits) == 1 or "test" not in splits):
            return min(splits)
    return None


def label_of(path: str, known: Spellings = _NO_CLASSES) -> str | None:
    """The folder that labels a file, as spelt: the nearest that spells one of the `known` classes, counted from the file outwards.

    So a person's folder, or 'new folder', below a class's folder does not hide it. If none spells a class, it is the innermost folder that
    is no subset; None at the source's top. An archive's suffix does not count.
    """
    folders = _folders(path)
    named = next((folder for folder in reversed(folders) if known.class_of(folder) is not None), None)
    return named or next((folder for folder in reversed(folders) if not splits_of(folder)), None)


def _folders(path: str) -> tuple[str, ...]:
    return _parts(path.rpartition("/")[0])


@lru_cache(maxsize=4096)  # files of one folder follow one another
def _parts(folder: str) -> tuple[str, ...]:
    return tuple(_ARCHIVE.sub("", part) for part in folder.split("/")) if folder else ()


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
    numbers: dict[str, int] = {}  # by path, the last that was given, or thousands of equal names would try each from the start

    def unique(path: str) -> str:
        folder, slash, name = path.rpartition("/")
        stem, dot, suffix = name.rpartition(".") if "." in name[1:] else (name, "", "")
        candidate, number = path, numbers.get(path, 1)
        while candidate in seen:
            number += 1
            candidate = f"{folder}{slash}{stem} ({number}){dot}{suffix}"
        numbers[path] = number
        seen.add(candidate)
        return candidate

    return unique
