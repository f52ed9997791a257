"""How files, the source and folders of this machine are named in what is meant to be shared: the parameter `report.names`.

Meant to be shared are metrics/ (in Git or in DVC's cache, with the report, which is mailed) and MLflow; data/, .mien/, data_docs/ and the
terminal are at home. docs/privacy.md has the whole list. A hashed name tells nothing to those who have not the picture or data/fates.parquet.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Literal

from mien.core import paths
from mien.core.printable import one_line

if TYPE_CHECKING:
    import pandas as pd

Names = Literal["original", "hashed"]
NUM_DIGITS = 12  # of names: 10,000 files share none in all but one of five million sets; labels.corrections takes as many
KINDS = {".zip": "zip archive", ".tar": "tar archive", ".tgz": "tar archive", ".gz": "tar archive", ".csv": "table of pixels"}


def file_name(path: str, sample_id: str, names: Names) -> str:
    """What a file with content is called: its path, or the first digits of its sample_id."""
    return path if names == "original" else sample_id[:NUM_DIGITS]


def file_names(files: "pd.DataFrame", names: Names) -> dict[str, str]:
    """By path what each of the files (path, sample_id) is called; `files` must be all of the source, as in data/fates.parquet.

    Files without content (ignored, unreadable) are hashed by their path together with all sample_ids, because a path alone can be guessed.
    """
    known = files[files["sample_id"].notna()]
    contents = dict(zip(known["path"], known["sample_id"], strict=True))
    key = _digest("names", *sorted(set(contents.values())))
    return {path: file_name(path, contents.get(path) or _digest(key, path), names) for path in files["path"]}


def without_names(text: str, called: Mapping[str, str]) -> str:
    """The text (such as the detail of a fate) with every path that is a word of it replaced by what the file is called."""
    for path in sorted((path for path in called if path in text), key=lambda path: (-len(path), path)):
        text = called[path].join(re.split(rf"(?<!\S){re.escape(path)}(?![^\s,;:)])", text))
    return text


def source_name(source: str, sample_ids: Iterable[str], names: Names) -> str:
    """What `ingest.source` is called: the embedded sample by its path, others by the last part of theirs or, hashed, by kind and digest.

    `sample_ids` are those of its files; without any (before `ingest`) the digest is left out.
    """
    if source == str(paths.SAMPLE):
        return source
    if names == "original":
        return one_line(PurePosixPath(last_part(source)).name or "folder")
    kind = KINDS.get(PurePath(source).suffix.lower(), "folder")
    contents = sorted(set(sample_ids))
    return f"{kind} {_digest('source', *contents)[:NUM_DIGITS]}" if contents else kind


def last_part(text: str) -> str:
    """A path without the folders that lead to it if it is absolute (of any system, or of a user's home); else as it is."""
    path = PureWindowsPath(text) if PureWindowsPath(text).drive else PurePosixPath(text)
    return (path.name or "folder") if path.is_absolute() or text.startswith("~") else text


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
