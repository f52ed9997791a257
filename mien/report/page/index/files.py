"""Links to the cards and to the files that contain the same metrics."""

from collections.abc import Collection
from typing import Any

from mien.core import paths
from mien.report.run_facts import RunFacts

TITLE = "Cards and files"
FILES = (
    (paths.LEADERBOARD, "the leaderboard, which dvc metrics diff compares"),
    (paths.COMPARISONS, "the comparison of every pair of models"),
    (paths.METRICS / "evaluate", "metrics, slices, reliability, accuracy by coverage and confusion matrix of each model"),
    (paths.METRICS / "explain", "maps, claims and failures of each model"),
    (paths.robustness("any").parent, "test metrics under corruptions, for the models in robustness.models"),
    (paths.METRICS / "data", "counts of the data stages"),
    (paths.FATES, "the fate of every file"),
    (paths.DATA / "predictions", "the predictions for every test image, with logits"),
)


def view(facts: RunFacts, *, cards: Collection[str] = (), **_: Any) -> dict[str, Any]:
    """Return the cards, the data card first and then the models in the order of the leaderboard, and the files."""
    ordered = [name for name in ("data-card.md", *(f"{model}.md" for model in facts.ranked)) if name in cards]
    return {"cards": ordered, "files": [(str(path), what) for path, what in FILES]}
