"""Precision, recall and F1 of each class."""

from typing import Any

from mien.report.page.axis import Axis
from mien.report.run_facts import RunFacts

TITLE = "Class by class"


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any]:
    """Return a row per class, in the order of the model's outputs."""
    tested = facts.evaluations[model]["all"]
    rows = [{"name": name, "recall_low": None, "recall_high": None, **figures} for name, figures in tested["per_class"].items()]
    return {"rows": rows, "axis": Axis(0.0, 1.0), "mean": tested["mean_accuracy"]}
