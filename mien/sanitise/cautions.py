"""Warnings from the counts of `sanitise`: if very many images are taken for copies, the thresholds are usually wrong."""

from collections.abc import Mapping
from typing import Any

# Shares of all files. In FER2013, the common data set with the most duplicates, 3 % are in conflict and 4 % are near copies with one label.
CONFLICTS, COPIES = 0.05, 0.2
LOOK = "look at these pairs with `mien pairs`"


def cautions(counts: Mapping[str, Any]) -> list[str]:
    """Sentences about near copies and conflicts, from the counts of metrics/data/sanitise.json; empty if there are none."""
    removed = counts["removed"]
    total = sum(counts["kept"].values()) + sum(sum(reasons.values()) for reasons in removed.values())
    dropped = sum(removed.get("duplicate", {}).get(kind, 0) for kind in ("near", "mirrored"))
    conflicts = removed.get("quarantined", {}).get("conflict", 0) + counts["test_flags"].get("conflict", 0)
    lines = []
    if kept := counts["near_copies_kept"]:
        lines.append(
            f"{kept} near copies under one label stay in the data and are kept in one split; to keep one of each, set labels.near_copies: "
            "drop"
        )
    if dropped:
        lines.append(
            f"{_share(dropped, total)} are near copies under one label and were removed. If they are frames of one recording, set "
            "labels.near_copies: keep, which keeps them in one split"
        )
    if dropped > COPIES * total:
        lines.append(f"warning: this share is unusually high: {LOOK}; if they are different photographs, raise dedup.min_agreement")
    if conflicts > CONFLICTS * total:
        lines.append(
            f"warning: {_share(conflicts, total)} are copies of one picture under different labels: {LOOK}; if they are different "
            "photographs, raise dedup.min_agreement"
        )
    return lines


def _share(num: int, total: int) -> str:
    return f"{num} of {total} files ({100 * num / total:.3g}%)"
