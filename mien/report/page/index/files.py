"""Where the same figures lie for people and machines who want them."""

from collections.abc import Collection
from typing import Any

from mien.core import paths
from mien.report.run_facts import RunFacts

TITLE = "Cards and files"
FILES = (
    (paths.LEADERBOARD, "the leaderboard; what dvc metrics diff compares"),
    (paths.COMPARISONS, "every pair of models"),
    (paths.METRICS / "evaluate", "figures, slices, reliability and confusion of each model"),
    (paths.METRICS / "explain", "maps, claims and failures of each model"),
    (paths.METRICS / "data", "counts of the data stages"),
    (paths.FATES, "what became of every file"),
    (paths.DATA / "predictions", "the prediction for every test image, with logits"),
)


def view(facts: RunFacts, *, cards: Collection[str] = (), **_: Any) -> dict[str, Any]:
    """Cards in the order of the leaderboard, the data's first; and files."""
    ordered = [name for name in ("data-card.md", *(f"{model}.md" for model in facts.ranked)) if name in cards]
    return {"cards": ordered, "files": [(str(path), what) for path, what in FILES]}
