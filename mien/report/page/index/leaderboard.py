"""The test metrics of all models with intervals, and those of the baselines."""

from typing import Any

from mien.report.page.axis import axis_around
from mien.report.page.pairwise import ALPHA, differences
from mien.report.run_facts import RunFacts
from mien.statistics.headline import HEADLINE

TITLE = "Leaderboard"
OTHERS = tuple(name for name in HEADLINE if name != "macro_f1")
BASELINES = {"majority_baseline": "largest class", "prior_baseline": "training shares"}


def view(facts: RunFacts, **_: Any) -> dict[str, Any]:
    """Return a row per model, best first, and the rows of the baselines."""
    pairs = differences(facts.comparisons)
    best = facts.ranked[0]
    first = facts.evaluations[best]["all"]
    rows = []
    for rank, model in enumerate(facts.ranked, 1):
        evaluation = facts.evaluations[model]
        rows.append(
            {
                "model": model,
                "rank": rank,
                "weights": evaluation["weights"],
                "macro_f1": with_interval(evaluation["all"], "macro_f1"),
                "others": [with_interval(evaluation["all"], name) for name in OTHERS],
                "clean": evaluation["clean"]["macro_f1"] if "clean" in evaluation else None,
                "seeds": evaluation.get("over_seeds", {}).get("macro_f1"),
                "to_best": None if model == best else pairs.get((model, best)),
            }
        )
    guesses = [{"title": title, "of": first[name]} for name, title in BASELINES.items() if name in first]
    values = [end for row in rows for end in row["macro_f1"].values() if end is not None]
    values += [guess["of"]["macro_f1"] for guess in guesses]
    return {
        "rows": rows,
        "guesses": guesses,
        "figures": OTHERS,
        "axis": axis_around(values, floor_at=0.0, ceiling=1.0),
        "mark": guesses[0]["of"]["macro_f1"] if guesses else None,
        "has_clean": any(row["clean"] is not None for row in rows),
        "has_seeds": any(row["seeds"] for row in rows),
        "has_weights": len({row["weights"] for row in rows}) > 1,
        "has_pairs": bool(pairs),
        "num_images": first["num_images"],
        "num_groups": first.get("num_groups"),
        "num_clean": facts.evaluations[best].get("clean", {}).get("num_images"),
        "alpha": ALPHA,
    }


def with_interval(tested: dict[str, Any], name: str) -> dict[str, float | None]:
    """Return one metric of the document of some test images or clips, with the ends of its interval (None without)."""
    interval = tested.get("intervals", {}).get(name) or {}
    return {"value": tested.get(name), "low": interval.get("low"), "high": interval.get("high")}
