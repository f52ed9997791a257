"""The differences of all pairs of models, and which of them exceed what the sampling of test images explains."""

from typing import Any

from mien.report.page.pairwise import ALPHA, differences
from mien.report.run_facts import RunFacts

TITLE = "Significant differences"


def view(facts: RunFacts, **_: Any) -> dict[str, Any] | None:
    """Return a matrix, best model first, and the table of pairs; None if there is a single model."""
    pairs = differences(facts.comparisons)
    if not pairs:
        return None
    ranked = facts.ranked
    largest = max(abs(pair.macro_f1) for pair in pairs.values()) or 1.0
    listed: list[dict[str, Any]] = [
        {"first": first, "second": second, "is": pairs[first, second]}
        for place, first in enumerate(ranked)
        for second in ranked[place + 1 :]
        if (first, second) in pairs
    ]
    return {
        "models": ranked,
        "pairs": pairs,
        "largest": largest,
        "listed": listed,
        "num_real": sum(pair["is"].is_real for pair in listed),
        "alpha": ALPHA,
    }
