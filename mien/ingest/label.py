"""The label of each file: it comes from ingest.metadata, else from the pattern ingest.label, else from the folders (layout.label_of)."""

from collections.abc import Mapping
from typing import Any

from mien.ingest.layout import naming_path, path_key
from mien.ingest.pattern import images_of, named_by


def add_labels(rows: list[dict[str, Any]], pattern: str, listed: Mapping[str, str]) -> list[str]:
    """Replaces the folder's label in `label_raw` of the rows by the `listed` label (by path_key), else by what the pattern finds.

    If there is a pattern, the images without either label are returned, sorted, so that the caller can warn about them: they keep
    the label of their folder, if any. Raises SourceError if the pattern gives no image a label.
    """
    named = named_by(rows, pattern, "label") if pattern else {}
    rest = set()
    for row in rows:
        if own := listed.get(path_key(naming_path(row))) or named.get(row["path"]):
            row["label_raw"] = own
        else:
            rest.add(row["path"])
    return [path for path in images_of(rows) if path in rest] if pattern else []
