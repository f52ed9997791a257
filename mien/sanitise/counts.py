"""The counts of sanitise, the content of metrics/data/sanitise.json."""

from collections.abc import Sequence
from typing import Any

from mien.sanitise.rules import Sanitised


def counts(result: Sanitised, *, classes: Sequence[str]) -> dict[str, Any]:
    """Counts of images by class, removed files by fate and reason, unknown labels, and flags of an official test split."""
    kept, removed = result.labels, result.removed
    by_reason = removed.groupby(["fate", "reason"]).size()
    return {
        "kept": {name: int((kept["label"] == name).sum()) for name in classes},
        "removed": {fate: {reason: int(num) for reason, num in part.droplevel(0).items()} for fate, part in by_reason.groupby(level=0)},
        "conflicting_groups": result.num_conflicts,
        "near_copies_kept": result.num_near_copies,
        "unknown_labels": [{"label": entry.spelling, "files": entry.num_files, "closest_class": entry.closest} for entry in result.unknown],
        "corrections": result.corrections,
        "test_flags": {str(flag): int(num) for flag, num in kept["flag"].dropna().value_counts().sort_index().items()},
    }
