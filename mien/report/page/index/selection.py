"""The epoch that was selected on validation, and its macro-F1 on validation and on the test split."""

from typing import Any

from mien.report.run_facts import RunFacts

TITLE = "Chosen on validation, tested once"


def view(facts: RunFacts, **_: Any) -> dict[str, Any] | None:
    """Return a row per model; None if no evaluation contains the selection of its checkpoint."""
    rows = [
        {"model": model, "test": facts.evaluations[model]["all"]["macro_f1"], **facts.evaluations[model]["selection"]}
        for model in facts.ranked
        if "selection" in facts.evaluations[model]
    ]
    return {"rows": rows} if rows else None
