"""What the path of a file inside a source gives: the label as the folder spells it, and the subset."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from mien.config.spelling import Spellings
from mien.ingest.subsets import splits_of

_NO_CLASSES = Spellings()
# An archive inside a folder appears in the path like a folder: happy.zip/1.jpg.
_ARCHIVE = re.compile(r"(?<=.)\.(csv(\.gz)?|tsv|zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz))$", re.IGNORECASE)


def subset_of(path: str, known: Spellings = _NO_CLASSES) -> str | None:
    """train, val or test if a folder of the path has such a name (see subsets.py) and spells none of the `known` classes; else None.

    The innermost of several such folders is used. 'trainval' counts as train; a folder that names test and another split
    ('train_test_split') does not count.
    """
    for folder in reversed(_folders(path)):
        splits = splits_of(folder)
        if splits and known.class_of(folder) is None and (len(splits) == 1 or "test" not in splits):
            return min(splits)
    return None


def label_of(path: str, known: Spellings = _NO_CLASSES) -> str | None:
    """The name of the folder that labels a file: of the folders that spell one of the `known` classes, the one closest to the file.

    A person's folder, or 'new folder', inside a class's folder therefore does not hide the label. If no folder spells a class, the
    innermost folder that is not a subset is used; None for a file at the top of the source. An archive's suffix is left out.
    """
    folders = _folders(path)
    named = next((folder for folder in reversed(folders) if known.class_of(folder) is not None), None)
    return named or next((folder for folder in reversed(folders) if not splits_of(folder)), None)


def _folders(path: str) -> tuple[str, ...]:
    return _parts(path.rpartition("/")[0])


@lru_cache(maxsize=4096)  # files of one folder are processed one after another
def _parts(folder: str) -> tuple[str, ...]:
    return tuple(_ARCHIVE.sub("", part) for part in folder.split("/")) if folder else ()


def shown_path(name: str) -> str:
    """Cleans a name from an archive or file system: a relative path with /, without root, drive, '.' or '..', in valid Unicode.

    The path is only shown and looked up, never opened, so a name such as ../../etc/passwd is harmless.
    """
    parts = [part for part in name.replace("\0", "").split("/") if part not in ("", ".", "..")]
    if len(parts) > 1 and re.fullmatch(r"[A-Za-z]:", parts[0]):
        parts = parts[1:]
    return "/".join(parts).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") or "unnamed"


def naming_path(row: Mapping[str, Any]) -> str:
    """The path by which tables, patterns and folders name a row of files: of a frame of a video that of the video."""
    video: str = row.get("video") or row["path"]
    return video


def path_key(path: str) -> str:
    """Normalises a path to / as separator and composed accents (Unicode NFC).

    Spreadsheets and file systems differ in both; without this, a file would not match its row in a table, or a pattern.
    """
    return unicodedata.normalize("NFC", path.replace("\\", "/")).removeprefix("./").strip("/")


def unique_paths() -> Callable[[str], str]:
    """A function that returns the path it is given, with ' (2)', ' (3)' … added before the suffix if the path occurred before."""
    seen: set[str] = set()
    numbers: dict[str, int] = {}  # by path, the last number given; otherwise each of thousands of equal names would start at 1

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
