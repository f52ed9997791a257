"""The confusion matrix in counts and percentages."""

from typing import Any

from mien.report.page.model.failures import anchor
from mien.report.run_facts import RunFacts

TITLE = "Confusion matrix"


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any]:
    """Return the cells with their shares of the actual class and links to the failures that are shown, and the most frequent confusions."""
    tested, classes = facts.evaluations[model]["all"], facts.evaluations[model]["classes"]
    counts = tested["confusion"]
    explanation = facts.explanations.get(model)
    pictured = {(group["actual"], group["predicted"]) for group in explanation.failures} if explanation else set()
    rows = []
    for i, actual in enumerate(classes):
        total = sum(counts[i])
        cells = [
            {
                "num": counts[i][j],
                "share": counts[i][j] / total if total else None,
                "is_right": i == j,
                "anchor": anchor(classes, actual, predicted) if (actual, predicted) in pictured else None,
            }
            for j, predicted in enumerate(classes)
        ]
        rows.append({"actual": actual, "total": total, "cells": cells})
    wrong = [
        (row["cells"][j]["num"], row["cells"][j]["share"], row["actual"], predicted)
        for i, row in enumerate(rows)
        for j, predicted in enumerate(classes)
        if i != j
    ]
    worst = sorted((one for one in wrong if one[0]), key=lambda one: (-one[0], one[2:]))[:3]
    columns = [sum(row[j] for row in counts) for j in range(len(classes))]
    return {"classes": classes, "rows": rows, "worst": worst, "columns": columns, "is_linked": bool(pictured), "num": sum(columns)}
