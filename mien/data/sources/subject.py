"""The person whom a path names, by the regular expression at ingest.subject, for sets that write it in their file names."""

import re
from typing import Any

from mien.data.sources.layout import path_key
from mien.errors import SourceError


def subject_of(path: str, pattern: re.Pattern[str]) -> str | None:
    """What the group `subject` of the pattern holds, found anywhere in the path; None without a match, or if the group is empty."""
    found = pattern.search(path_key(path))
    return ((found and found["subject"]) or "").strip() or None


def add_subjects(rows: list[dict[str, Any]], pattern: str) -> list[str]:
    """Fills `subject` of the rows of files, in place, where the metadata gave none; returns the images that are still without, sorted.

    An empty pattern changes nothing and returns none. A few images without are a matter for a warning. If the pattern gives no image a
    subject, it does not fit the source, and persons would silently be parted between the splits: SourceError.
    """
    if not pattern:
        return []
    compiled = re.compile(pattern)
    named = {row["path"]: subject_of(row["path"], compiled) for row in rows}
    images = sorted(row["path"] for row in rows if row["sample_id"] is not None)
    if not any(named[path] for path in images):
        raise SourceError(
            f"ingest.subject: {pattern} gives none of {len(images)} images a subject, such as {images[0]!r}; "
            "correct the pattern, which is searched in the path within the source, with /, or leave it empty"
        )
    for row in rows:
        row["subject"] = row["subject"] or named[row["path"]]
    known = {row["path"] for row in rows if row["subject"]}
    return [path for path in images if path not in known]
