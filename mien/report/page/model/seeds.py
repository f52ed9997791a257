"""The variance of the test metrics between training seeds."""

from typing import Any

from mien.report.page.model.metrics import ORDER
from mien.report.run_facts import RunFacts

TITLE = "Training seeds"


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return a row per seed, then mean and standard deviation; None if there is a single seed."""
    evaluation = facts.evaluations[model]
    by_seed = evaluation.get("by_seed")
    if not by_seed:
        return None
    names = [name for name in ORDER if all(name in figures for figures in by_seed.values())]
    over = evaluation.get("over_seeds", {})
    order = [str(seed) for seed in evaluation.get("seeds", by_seed)]
    return {
        "names": names,
        "rows": [(seed, [by_seed[seed][name] for name in names]) for seed in order],
        "over": [over.get(name, {}) for name in names],
        "num": len(order),
    }
