"""The headline metrics with their intervals, beside those of the baselines."""

from typing import Any

from mien.report.page.axis import Axis
from mien.report.page.index.leaderboard import BASELINES
from mien.report.run_facts import RunFacts
from mien.statistics.headline import HEADLINE

TITLE = "Test metrics"
ORDER = ("macro_f1", "mean_accuracy", "accuracy", "weighted_f1", "kappa", "top2_accuracy")


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any]:
    """Return a row per metric, on all test images and, if there are any, on the clean ones and on each part of the test split."""
    evaluation = facts.evaluations[model]
    parts = [*((name, evaluation[name]) for name in ("all", "clean") if name in evaluation), *evaluation.get("parts", {}).items()]
    rows = [
        {
            "name": name,
            "meaning": HEADLINE[name].meaning,
            "parts": [
                {"value": tested.get(name), **(tested.get("intervals", {}).get(name) or {"low": None, "high": None})} for _, tested in parts
            ],
            "guesses": [evaluation["all"].get(key, {}).get(name) for key in BASELINES if key in evaluation["all"]],
        }
        for name in ORDER
        if name in evaluation["all"]
    ]
    return {
        "rows": rows,
        "parts": [(name, tested["num_images"]) for name, tested in parts],
        "guesses": [title for key, title in BASELINES.items() if key in evaluation["all"]],
        "axis": Axis(min([0.0, *(part["low"] for row in rows for part in row["parts"] if part["low"] is not None)]), 1.0),
        "num_flagged": evaluation["all"]["num_images"] - evaluation["clean"]["num_images"] if "clean" in evaluation else 0,
        "num_images": evaluation["all"]["num_images"],
        "num_groups": evaluation["all"].get("num_groups"),
    }
