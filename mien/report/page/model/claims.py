"""Measurements of the maps: where their heat lies, whether predictions depend on it, and whether it depends on the learned weights."""

from typing import Any

from mien.report.page.axis import Axis
from mien.report.page.formats import known
from mien.report.page.pairwise import ALPHA
from mien.report.run_facts import RunFacts

TITLE = "What the maps show"


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return claims, faithfulness and the check with randomised weights; None if the model was not explained."""
    explanation = facts.explanations.get(model)
    if explanation is None:
        return None
    figures = explanation.figures
    faithfulness = figures.get("faithfulness") or {}
    sanity = figures.get("sanity") or {}
    return {
        "figures": figures,
        "is_one_cell": list(figures.get("grid") or []) == [1, 1],
        "claims": [claim for claim in figures.get("claims") or [] if known(claim["mean"])],
        "faithfulness": [(name, one) for name in ("deletion", "insertion") if (one := faithfulness.get(name)) and known(one["difference"])],
        "num_faithful": faithfulness.get("num_images"),
        "num_steps": faithfulness.get("num_steps"),
        "sanity": sanity if known(sanity.get("head_redrawn")) or known(sanity.get("all_redrawn")) else None,
        "axis": Axis(0.0, 1.0),
        "alpha": ALPHA,
    }
