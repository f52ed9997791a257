"""The models beside each other on worse images."""

from typing import Any

from mien.report.page.axis import axis_around
from mien.report.page.model.corruptions import strongest
from mien.report.run_facts import RunFacts

TITLE = "Worse photographs"


def view(facts: RunFacts, **_: Any) -> dict[str, Any] | None:
    """Return a row per model that was tested under corruptions, in the order of the leaderboard; None if there is none."""
    tested = {model: facts.robustness[model].figures for model in facts.ranked if model in facts.robustness}
    tested = {model: own for model, own in tested.items() if own["corruptions"]}
    if not tested:
        return None
    first = next(iter(tested.values()))
    ends = [end for own in tested.values() for end in own["accuracy_loss"].values() if end is not None]
    return {
        "rows": [
            {
                **own,
                "model": model,
                "worst": next(one for one in own["corruptions"] if one["name"] == own["worst"]),
                "strongest": strongest(own),
            }
            for model, own in tested.items()
        ],
        "axis": axis_around([*ends, 0.0]),
        "num_images": first["num_images"],
        "titles": [one["title"] for one in first["corruptions"]],
    }
