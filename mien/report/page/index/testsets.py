"""The matrix of models and test sets: each model on its own test split and on every further data set."""

from collections.abc import Mapping
from typing import Any

from mien.report.run_facts import ExternalSet, RunFacts

TITLE = "Other data sets"
FIGURE = "macro_f1"


def view(facts: RunFacts, **_: Any) -> dict[str, Any] | None:
    """Return a row per trained model, best first on its own test split, and a row per test set; None if there is no test set."""
    if not facts.testsets:
        return None
    rows: list[dict[str, Any]] = [
        {
            "model": model,
            "own": _with_ends(facts.evaluations[model]["all"]),
            "cells": [_cell(found.evaluations[model]) for found in facts.testsets.values()],
        }
        for model in facts.trained
    ]
    return {
        "figure": FIGURE,
        "source": facts.source,
        "names": list(facts.testsets),
        "rows": rows,
        "sets": [_described(name, found) for name, found in facts.testsets.items()],
    }


def _cell(document: Mapping[str, Any]) -> dict[str, Any]:
    difference = document["against_own"]["difference"][FIGURE]
    is_real = difference["low"] > 0 or difference["high"] < 0
    return {"figure": _with_ends(document["all"]), "difference": difference, "is_real": is_real}


def _with_ends(tested: Mapping[str, Any]) -> dict[str, float | None]:
    interval = tested.get("intervals", {}).get(FIGURE) or {}
    return {"value": tested[FIGURE], "low": interval.get("low"), "high": interval.get("high")}


def _described(name: str, found: ExternalSet) -> dict[str, Any]:
    counts = found.counts
    fates = counts["fates"]
    return {
        "name": name,
        "files": counts["files"],
        "images": counts["images"],
        "groups": counts["groups"],
        "seen": counts["reasons"].get("leak", {}),
        "num_seen": fates["leak"],
        "num_others": counts["files"] - counts["images"] - fates["leak"],
        "absent": [label for label, num in counts["classes"].items() if not num],
        "left_out": list(counts["labels_left_out"].items()),
    }
