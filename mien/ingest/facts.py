"""What the data set's own files say of each image (mien/ingest/layouts), in the rows of files."""

import json
from collections.abc import Mapping
from typing import Any

from mien.config.spelling import Spellings
from mien.ingest.layouts import Facts, Files, Reading, understand
from mien.ingest.pattern import images_of


def read_facts(name: str, rows: list[dict[str, Any]], read: Mapping[str, Any]) -> Reading:
    """What the layout `name` says of the rows of files; nothing if the name is empty. Raises SourceError as `understand` does."""
    return understand(name, Files(images_of(rows), {row["path"] for row in rows}, read)) if name else Reading({})


def add_facts(rows: list[dict[str, Any]], facts: Mapping[str, Facts], known: Spellings) -> None:
    """Fills label, subset and metadata of the rows, in place, and ignores the images that are no samples.

    An image without facts keeps the label of its folder only if that is a class: the folders of these data sets name something else.
    Columns of ingest.metadata have precedence.
    """
    for row in rows if facts else ():
        its = facts.get(row["path"], Facts())
        row["label_raw"] = its.label or (row["label_raw"] if known.class_of(row["label_raw"]) else None)
        row["subset_raw"] = its.subset or row["subset_raw"]
        if its.columns:
            row["metadata"] = json.dumps({**its.columns, **json.loads(row["metadata"] or "{}")}, ensure_ascii=False)
        if its.left_out:
            row["ignored"], row["sample_id"] = its.left_out, None
