"""The test metrics of temporal models, which count clips instead of images."""

from typing import Any

from mien.report.page.axis import axis_around
from mien.report.page.index.leaderboard import with_interval
from mien.report.page.pairwise import ALPHA, differences
from mien.report.run_facts import RunFacts

TITLE = "Clips"


def view(facts: RunFacts, **_: Any) -> dict[str, Any] | None:
    """Return a row per temporal model, best first; None without temporal models."""
    evaluations = facts.clip_evaluations
    if not evaluations:
        return None
    pairs = differences(facts.clip_comparisons)
    best, *others = sorted(evaluations, key=lambda name: (-evaluations[name]["all"]["macro_f1"], name))
    rows = [_row(name, evaluations[name]) | {"to_best": pairs.get((name, best))} for name in (best, *others)]
    tested = evaluations[best]["all"]
    majority = tested["majority_baseline"]
    values = [end for row in rows for end in row["macro_f1"].values() if end is not None]
    temporal = evaluations[best]["temporal"]
    return {
        "rows": rows,
        "classes": evaluations[best]["classes"],
        "support": [tested["per_class"][name]["support"] for name in evaluations[best]["classes"]],
        "axis": axis_around([*values, majority["macro_f1"]], floor_at=0.0, ceiling=1.0),
        "majority": majority,
        "num_clips": tested["num_images"],
        "num_groups": tested["num_groups"],
        "counts": [(split, temporal["clips"][split], temporal["frames"][split]) for split in ("train", "val", "test")],
        "alpha": ALPHA,
    }


def _row(name: str, evaluation: dict[str, Any]) -> dict[str, Any]:
    tested = evaluation["all"]
    return {
        "name": name,
        **evaluation["temporal"],
        "macro_f1": with_interval(tested, "macro_f1"),
        "accuracy": with_interval(tested, "accuracy"),
        "recalls": [tested["per_class"][label]["recall"] for label in evaluation["classes"]],
        "ece": evaluation["calibration"]["after"]["ece"],
    }
