"""Names of files, of the source and of local folders in shared output, as set by the parameter `report.names`.

Shared output is metrics/ (in Git or in DVC's cache, including the report, which may be mailed) and MLflow. data/, .mien/, data_docs/ and
the terminal are local. docs/privacy.md has the whole list. A hashed name reveals nothing to anyone who has neither the image nor
data/fates.parquet.
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
NUM_DIGITS = 12  # of hashed names; 10,000 files have a collision in 1 of 5 million data sets; labels.corrections accepts this length
KINDS = {".zip": "zip archive", ".tar": "tar archive", ".tgz": "tar archive", ".gz": "tar archive", ".csv": "table of pixels"}


def file_name(path: str, sample_id: str, names: Names) -> str:
    """The shared name of a file with content: its path, or the first digits of its sample_id."""
    return path if names == "original" else sample_id[:NUM_DIGITS]


def file_names(files: "pd.DataFrame", names: Names) -> dict[str, str]:
    """The shared name of each file (path, sample_id), by path; `files` must be all files of the source, as in data/fates.parquet.

    For files without content (ignored, unreadable) the path is hashed together with all sample_ids, because a path alone can be guessed.
    """
    known = files[files["sample_id"].notna()]
    contents = dict(zip(known["path"], known["sample_id"], strict=True))
    key = _digest("names", *sorted(set(contents.values())))
    return {path: file_name(path, contents.get(path) or _digest(key, path), names) for path in files["path"]}


def without_names(text: str, called: Mapping[str, str]) -> str:
    """The text (such as the detail of a fate) in which every path that stands as a separate word is replaced by its shared name."""
    for path in sorted((path for path in called if path in text), key=lambda path: (-len(path), path)):
        text = called[path].join(re.split(rf"(?<!\S){re.escape(path)}(?![^\s,;:)])", text))
    return text


def source_name(source: str, sample_ids: Iterable[str], names: Names) -> str:
    """The shared name of `ingest.source`: for the embedded sample its path, for others the last part of it or, hashed, kind and digest.

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
    """The last part of an absolute path (of any system, or in a user's home); any other path unchanged."""
    path = PureWindowsPath(text) if PureWindowsPath(text).drive else PurePosixPath(text)
    return (path.name or "folder") if path.is_absolute() or text.startswith("~") else text


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
