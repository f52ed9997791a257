"""Finds the person in a path by the regular expression ingest.subject, for datasets whose file names contain the person."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mien.ingest.layouts import Facts
from mien.ingest.pattern import images_of, named_by


def add_subjects(rows: list[dict[str, Any]], pattern: str, facts: Mapping[str, Facts] = MappingProxyType({})) -> list[str]:
    """Fills `subject` of the rows of files, in place, if the metadata gave none: by the pattern, else by the `facts` of the layout.

    If there is a pattern, the images still without a subject are returned, sorted.

    A few images without a subject only deserve a warning. If the
    pattern gives no image a subject, SourceError is raised, because the images of one person could end up in several splits unnoticed.
    """
    named = named_by(rows, pattern, "subject") if pattern else {}
    for row in rows:
        own = facts.get(row["path"])
        row["subject"] = row["subject"] or named.get(row["path"]) or (own.subject if own else None)
    if not pattern:
        return []
    known = {row["path"] for row in rows if row["subject"]}
    return [path for path in images_of(rows) if path not in known]
