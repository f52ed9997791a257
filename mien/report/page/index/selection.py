"""Honesty: what was chosen on validation, and what became of it on the test split."""

from typing import Any

from mien.report.run_facts import RunFacts

TITLE = "Chosen on validation, tested once"


def view(facts: RunFacts, **_: Any) -> dict[str, Any] | None:
    """A row per model; None where no evaluation says how its checkpoint was selected."""
    rows = [
        {"model": model, "test": facts.evaluations[model]["all"]["macro_f1"], **facts.evaluations[model]["selection"]}
        for model in facts.ranked
        if "selection" in facts.evaluations[model]
    ]
    return {"rows": rows} if rows else None
