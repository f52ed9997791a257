"""The label of each file: by ingest.metadata, else by the regular expression at ingest.label, else by its folders (see layout.label_of)."""

from collections.abc import Mapping
from typing import Any

from mien.ingest.layout import path_key
from mien.ingest.pattern import images_of, named_by


def add_labels(rows: list[dict[str, Any]], pattern: str, listed: Mapping[str, str]) -> list[str]:
    """Puts what the pattern finds, and before it what is `listed` by path_key, into `label_raw` of the rows, in place of the folder's.

    Returns the images that neither names, sorted, if there is a pattern: they keep the label of their folder, if any, which is a matter
    for a warning. Raises SourceError if the pattern gives no image a label.
    """
    named = named_by(rows, pattern, "label") if pattern else {}
    rest = set()
    for row in rows:
        if own := listed.get(path_key(row["path"])) or named.get(row["path"]):
            row["label_raw"] = own
        else:
            rest.add(row["path"])
    return [path for path in images_of(rows) if path in rest] if pattern else []
