"""The part of a test split that an image belongs to, such as PublicTest: from ingest.metadata, else by the pattern ingest.part."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mien.ingest.layout import naming_path, path_key
from mien.ingest.pattern import group_of


def add_parts(rows: Sequence[dict[str, Any]], pattern: str, listed: Mapping[str, str]) -> None:
    """Fills `part` of the rows of files, in place: the `listed` part (by path_key), else what the pattern finds, else None.

    A pattern that finds nothing is no error: most images, such as those for training, are in no part.
    """
    compiled = re.compile(pattern) if pattern else None
    for row in rows:
        row["part"] = listed.get(path_key(naming_path(row))) or (group_of(naming_path(row), compiled, "part") if compiled else None)
