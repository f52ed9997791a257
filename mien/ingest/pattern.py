"""Applies the regular expressions ingest.label and ingest.subject to paths, for datasets whose file names contain the label or person."""

import re
from collections.abc import Sequence
from typing import Any

from mien.core.errors import SourceError
from mien.ingest.layout import naming_path, path_key


def group_of(path: str, pattern: re.Pattern[str], group: str) -> str | None:
    """The text of the pattern's group, searched anywhere in the path; None if nothing matches or the group is empty."""
    found = pattern.search(path_key(path))
    return ((found and found[group]) or "").strip() or None


def images_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The paths of the rows that are images, sorted."""
    return sorted(row["path"] for row in rows if row["sample_id"] is not None)


def named_by(rows: Sequence[dict[str, Any]], pattern: str, group: str) -> dict[str, str | None]:
    """By path, what `pattern` (the value of ingest.GROUP) finds for each of the rows of files.

    Raises SourceError if it finds nothing for any image: the pattern does not fit the source and must not be ignored silently.
    """
    compiled = re.compile(pattern)
    named = {row["path"]: group_of(naming_path(row), compiled, group) for row in rows}
    images = images_of(rows)
    if not any(named[path] for path in images):
        raise SourceError(
            f"ingest.{group}: {pattern} finds no {group} in any of {len(images)} images, such as {images[0]!r}; "
            "correct the pattern, which is searched in the path within the source (with / as separator), or leave it empty"
        )
    return named
