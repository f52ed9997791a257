"""The person whom a path names, by the regular expression at ingest.subject, for sets that write it in their file names."""

from typing import Any

from mien.ingest.pattern import images_of, named_by


def add_subjects(rows: list[dict[str, Any]], pattern: str) -> list[str]:
    """Fills `subject` of the rows of files, in place, where the metadata gave none; returns the images that are still without, sorted.

    An empty pattern changes nothing and returns none. A few images without are a matter for a warning. If the pattern gives no image a
    subject, persons would silently be parted between the splits: SourceError.
    """
    if not pattern:
        return []
    named = named_by(rows, pattern, "subject")
    for row in rows:
        row["subject"] = row["subject"] or named[row["path"]]
    known = {row["path"] for row in rows if row["subject"]}
    return [path for path in images_of(rows) if path not in known]
