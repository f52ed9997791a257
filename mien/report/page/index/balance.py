"""The number of images of each class in each split."""

from typing import Any

from mien.report.run_facts import RunFacts
from mien.store.tables import SPLIT_NAMES

TITLE = "Classes and splits"


def view(facts: RunFacts, **_: Any) -> dict[str, Any]:
    """Return counts and shares by class and split, the ratio of the largest to the smallest training class, and flags of test images."""
    counts = {(str(label), str(split)): len(rows) for (label, split), rows in facts.splits.groupby(["label", "split"])}
    totals = {split: sum(counts.get((label, split), 0) for label in facts.classes) for split in SPLIT_NAMES}
    shares = {key: num / totals[key[1]] for key, num in counts.items()}
    largest = max(shares.values(), default=1.0)
    rows = []
    for label in facts.classes:
        own = [(counts.get((label, split), 0), shares.get((label, split), 0.0)) for split in SPLIT_NAMES]
        cells = [{"num": num, "share": share, "bar": share / largest} for num, share in own]
        rows.append({"label": label, "cells": cells, "all": sum(num for num, _ in own)})
    training = {label: counts.get((label, "train"), 0) for label in facts.classes}
    most, least = max(training, key=lambda label: training[label]), min(training, key=lambda label: training[label])
    flags = facts.splits["flag"].dropna().value_counts()
    return {
        "splits": SPLIT_NAMES,
        "rows": rows,
        "totals": totals,
        "total": sum(totals.values()),
        "imbalance": training[most] / training[least] if training[least] else None,
        "largest": most,
        "smallest": least,
        "flags": [(str(flag), int(num)) for flag, num in sorted(flags.items())],
    }
