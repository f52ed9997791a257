"""The expectations that the data had to meet before training."""

from typing import Any

from mien.report.run_facts import RunFacts

TITLE = "Expectations of the data"


def view(facts: RunFacts, **_: Any) -> dict[str, Any]:
    """Return the suites, each with its expectations and the number of those that hold."""
    suites = [
        {"name": name, "expectations": list(suite["expectations"].items()), "num_held": sum(map(bool, suite["expectations"].values()))}
        for name, suite in facts.validation.get("suites", {}).items()
    ]
    return {"success": bool(facts.validation.get("success")), "suites": suites, "num": sum(len(suite["expectations"]) for suite in suites)}
