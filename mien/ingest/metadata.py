"""The optional metadata table at ingest.metadata: for each file, the person shown, the label, and any further columns."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.config.user_csv import read_rows
from mien.core.errors import SourceError
from mien.core.printable import one_line
from mien.ingest.clips import FrameNumbers
from mien.ingest.layout import naming_path, path_key
from mien.store.clips import CLIP, FRAME

_LISTED = re.compile(r"([^\s,]+)(\.[A-Za-z]{3,4})[ \t]+([^\s,]+)")


@dataclass(frozen=True)
class Metadata:
    """Mappings by path (see `path_key`): the subject, the further columns as one JSON object, and the label and the part if given.

    The clip of an image and the number of its frame are among the further columns.
    """

    subjects: dict[str, str | None]
    others: dict[str, str | None]
    labels: dict[str, str]
    parts: dict[str, str]
    clips: frozenset[str] = frozenset()
    """the names of all clips"""


def read_metadata(path: Path | None) -> Metadata:
    """Reads the table at ingest.metadata; without a path there is none.

    Raises SourceError if it is missing, has no column `path`, names a file twice, or names frames of clips wrongly (see FrameNumbers).
    """
    subjects: dict[str, str | None] = {}
    others: dict[str, str | None] = {}
    labels: dict[str, str] = {}
    parts: dict[str, str] = {}
    if path is None:
        return Metadata(subjects, others, labels, parts)
    frames = FrameNumbers(path)
    _refuse_list(path)
    empty = "if you have no metadata, write a file with only the header path,subject"
    for number, row in read_rows(path, key="ingest.metadata", required=("path",), empty=empty):
        values = {name: value.strip() or None for name, value in row.items()}
        key = path_key(values.pop("path") or "")
        if key in subjects:
            raise SourceError(f"ingest.metadata: {path}, line {number} names {one_line(key)} a second time; keep one line per file")
        subjects[key] = values.pop("subject", None)
        if label := values.pop("label", None):
            labels[key] = label
        if part := values.pop("part", None):
            parts[key] = part
        frames.check(values, line=number)
        others[key] = json.dumps(values, ensure_ascii=False) if values else None
    return Metadata(subjects, others, labels, parts, frames.clips)


def _refuse_list(path: Path) -> None:
    """Raises SourceError if the file is a list of names and labels as distributed with datasets such as RAF-DB, instead of a CSV."""
    with suppress(OSError, UnicodeDecodeError), path.open(encoding="utf-8-sig") as file:
        first = file.readline().strip()
        if found := _LISTED.fullmatch(first):
            raise SourceError(
                f"ingest.metadata: {path} is a list, not a CSV: it begins with {first!r}; put that of RAF-DB beside its images and set "
                f"ingest.layout: raf_db, or add the header path,label, separate the columns "
                f"by commas, and write paths as in the source, such as FOLDER/{found[1]}_aligned{found[2]},{found[3]} for RAF-DB: "
                f"(echo path,label; sed -E 's#^(.*)(\\.[a-z]+) +([^ ]+)$#FOLDER/\\1_aligned\\2,\\3#' {path}) > metadata.csv"
            )


def add_metadata(rows: list[dict[str, Any]], metadata: Metadata, *, path: Path) -> list[str]:
    """Fills `subject` and `metadata` of the rows of files, in place; returns the table's paths that match no file.

    The line of a video is that of all its frames, whose clip is the video.

    A few such paths only deserve a warning, because files get deleted. If no path matches a file, SourceError is raised: the table
    does not fit the source, and without it the images of one subject could end up in several splits unnoticed.
    """
    keys = [path_key(naming_path(row)) for row in rows]
    for key, row in zip(keys, rows, strict=True):
        row["subject"], row["metadata"] = metadata.subjects.get(key), metadata.others.get(key)
        if row.get("video"):
            own = json.loads(row["metadata"] or "{}") | {CLIP: row["video"], FRAME: str(row["frame"])}
            row["metadata"] = json.dumps(own, ensure_ascii=False)
    unmatched = sorted(set(metadata.subjects) - set(keys))
    if unmatched and len(unmatched) == len(metadata.subjects):
        raise SourceError(
            f"ingest.metadata: no path in {path} is a file of the source: the table has {unmatched[0]!r}, the source has {min(keys)!r}; "
            "write paths relative to the source, with / as separator"
        )
    return unmatched
