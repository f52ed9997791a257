"""The counts of ingest: metrics/data/ingest.json."""

from collections import Counter
from collections.abc import Iterable
from typing import Any


def counts(rows: list[dict[str, Any]], *, num_contents: int, num_unmatched: int, by_pattern: bool) -> dict[str, Any]:
    """What there is in the rows of files; `num_unmatched` paths of the metadata are not among them.

    `subjects` is counted where a pattern finds them: many images with few subjects, or as many as images, mean that it is wrong.
    """
    images = [row for row in rows if row["sample_id"] is not None]
    return {
        "files": len(rows),
        "images": len(images),
        "contents": num_contents,
        "ignored": _tally(row["ignored"] for row in rows),
        "errors": _tally(row["error"] and row["error"].partition(":")[0] for row in rows),
        "subsets": _tally(row["subset_raw"] or "none" for row in images),
        "without_label": sum(row["label_raw"] is None for row in images),
        "with_subject": sum(row["subject"] is not None for row in images),
        **({"subjects": num_subjects(rows)} if by_pattern else {}),
        "metadata_paths_without_file": num_unmatched,
    }


def num_subjects(rows: list[dict[str, Any]]) -> int:
    """How many different subjects the images have."""
    return len({row["subject"] for row in rows if row["sample_id"] is not None} - {None})


def listed(tally: dict[str, int]) -> str:
    """'7 (4 system file, 3 hidden image)'."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.items(), key=lambda item: -item[1]))
    return f"{sum(tally.values())}{f' ({reasons})' if tally else ''}"


def _tally(values: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value is not None).items()))
