"""The optional table of what is known about each file: whose face it shows, and anything else worth keeping."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.data.sources.layout import path_key
from mien.data.user_csv import read_rows
from mien.errors import SourceError


@dataclass(frozen=True)
class Metadata:
    """By path (see `path_key`): the subject, and the further columns as one JSON object."""

    subjects: dict[str, str | None]
    others: dict[str, str | None]


def read_metadata(path: Path) -> Metadata:
    """The table at ingest.metadata. Raises SourceError if it is missing, has no column `path`, or names a file twice."""
    subjects: dict[str, str | None] = {}
    others: dict[str, str | None] = {}
    empty = "without metadata, make it a file with the one line path,subject"
    for number, row in read_rows(path, key="ingest.metadata", required=("path",), empty=empty):
        values = {name: value.strip() or None for name, value in row.items()}
        key = path_key(values.pop("path") or "")
        if key in subjects:
            raise SourceError(f"ingest.metadata: {path}, line {number} names {key} a second time; keep one line per file")
        subjects[key] = values.pop("subject", None)
        others[key] = json.dumps(values, ensure_ascii=False) if values else None
    return Metadata(subjects, others)


def add_metadata(rows: list[dict[str, Any]], metadata: Metadata, *, path: Path) -> list[str]:
    """Fills `subject` and `metadata` of the rows of files, in place; returns the table's paths that no file has.

    A few such paths are a matter for a warning (files get deleted). If no path at all has a file, the whole table is off, and
    subjects would silently be parted between the splits: SourceError.
    """
    keys = [path_key(row["path"]) for row in rows]
    for key, row in zip(keys, rows, strict=True):
        row["subject"], row["metadata"] = metadata.subjects.get(key), metadata.others.get(key)
    unmatched = sorted(set(metadata.subjects) - set(keys))
    if unmatched and len(unmatched) == len(metadata.subjects):
        raise SourceError(
            f"ingest.metadata: no path in {path} is a file of the source: it has {unmatched[0]!r}, the source has {min(keys)!r}; "
            "write paths relative to the source, with /"
        )
    return unmatched
