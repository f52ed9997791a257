"""Finds the person in a path by the regular expression ingest.subject, for datasets whose file names contain the person."""

from typing import Any

from mien.ingest.pattern import images_of, named_by


def add_subjects(rows: list[dict[str, Any]], pattern: str) -> list[str]:
    """Fills `subject` of the rows of files, in place, if the metadata gave none; returns the images still without a subject, sorted.

    An empty pattern changes nothing, and an empty list is returned. A few images without a subject only deserve a warning. If the
    pattern gives no image a subject, SourceError is raised, because the images of one person could end up in several splits unnoticed.
    """
    if not pattern:
        return []
    named = named_by(rows, pattern, "subject")
    for row in rows:
        row["subject"] = row["subject"] or named[row["path"]]
    known = {row["path"] for row in rows if row["subject"]}
    return [path for path in images_of(rows) if path not in known]
