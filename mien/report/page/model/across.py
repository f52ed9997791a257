"""The model on data sets that it was not trained on, beside its own test split."""

from collections.abc import Mapping
from typing import Any

from mien.report.run_facts import RunFacts

TITLE = "Other data sets"
FIGURES = ("macro_f1", "accuracy", "mean_accuracy")


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return a row per test set and per part of it, and a confusion matrix per test set; None if the model was tested on none."""
    found = {name: one.evaluations[model] for name, one in facts.testsets.items() if model in one.evaluations}
    if not found:
        return None
    own = facts.evaluations[model]
    rows = [_row("own test split", own["all"], own.get("calibration"), _own_selective(own))]
    for name, document in found.items():
        rows.append(_row(name, document["all"], document["calibration"], document["selective"]))
        parts = {"without flagged images": document.get("clean"), **document.get("parts", {})}
        parts["choosing only among its classes"] = document.get("restricted")
        rows += [{**_row(part, tested, None, None), "is_part": True} for part, tested in parts.items() if tested]
    seeds = {name: document["over_seeds"]["macro_f1"] for name, document in found.items() if "over_seeds" in document}
    return {
        "figures": FIGURES,
        "rows": rows,
        "sets": [_confusion(name, document) for name, document in found.items()],
        "seeds": seeds,
        "min_accuracy": next((row["selective"]["min_accuracy"] for row in rows if row["selective"]), None),
    }


def _row(name: str, tested: Mapping[str, Any], calibration: Any, selective: Any) -> dict[str, Any]:
    intervals = tested.get("intervals", {})
    return {
        "name": name,
        "num": tested["num_images"],
        "figures": [{"value": tested[figure], "low": None, "high": None, **intervals.get(figure, {})} for figure in FIGURES],
        "ece": calibration["after"]["ece"] if calibration else None,
        "selective": selective,
        "is_part": False,
    }


def _own_selective(evaluation: Mapping[str, Any]) -> dict[str, Any] | None:
    """The own answers at the threshold, as the evaluation on a test set has them."""
    own = evaluation.get("selective")
    return {"min_accuracy": own["min_accuracy"], **own["test"]} if own and own.get("threshold") is not None else None


def _confusion(name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    classes, counts = document["classes"], document["all"]["confusion"]
    rows = [
        {
            "actual": label,
            "total": sum(line),
            "cells": [{"num": num, "share": num / sum(line), "is_right": column == place} for column, num in enumerate(line)],
        }
        for place, (label, line) in enumerate(zip(classes, counts, strict=True))
        if sum(line)
    ]
    return {"name": name, "classes": classes, "rows": rows, "absent": document["absent_classes"]}
