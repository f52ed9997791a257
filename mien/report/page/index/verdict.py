"""The main result at the top of the page: which model is best, by how much, and how certain that is."""

from typing import Any

from mien.core.plural import listed
from mien.report.page.formats import count, figure, percent, plural, span
from mien.report.page.pairwise import differences
from mien.report.run_facts import RunFacts


def view(facts: RunFacts) -> dict[str, Any]:
    """Return a headline, one paragraph and four facts."""
    best, *others = facts.ranked
    tested = facts.evaluations[best]["all"]
    interval = tested.get("intervals", {}).get("macro_f1", {})
    pairs = differences(facts.comparisons)
    beaten = [model for model in others if (pair := pairs.get((best, model))) and pair.is_real]
    kept = int((facts.fates["fate"] == "kept").sum())
    by_split = facts.splits["split"].value_counts()
    return {
        "headline": f"{best} has the best macro-F1, {figure(tested['macro_f1'])}"
        if others
        else f"{best}: macro-F1 {figure(tested['macro_f1'])}",
        "text": " ".join([_certainty(tested, interval), *_comparison(beaten, others), _baseline(tested)]),
        "facts": [
            ("models", count(len(facts.trained)), "trained, each tested once" + _others(facts)),
            ("test images", count(tested["num_images"]), f"{plural(len(facts.classes), 'class', 'classes')}, never seen in training"),
            (
                "files found",
                count(len(facts.files)),
                f"{count(kept)} kept ({percent(kept / max(len(facts.files), 1))}), each other file with a reason",
            ),
            ("training images", count(by_split.get("train", 0)), f"and {count(by_split.get('val', 0))} for validation"),
        ],
    }


def _others(facts: RunFacts) -> str:
    rows = {"ensemble": facts.params.ensembles, "export": facts.params.exports, "temporal model": facts.params.temporal}
    named = [plural(len(names), what) for what, names in rows.items() if names]
    return f"; also {listed(named)}" if named else ""


def _certainty(tested: dict[str, Any], interval: dict[str, float]) -> str:
    images = plural(tested["num_images"], "test image")
    if not interval:
        return f"Measured on {images}."
    return f"On {images}, its 95 % interval is {span(interval['low'], interval['high'])}."


def _comparison(beaten: list[str], others: list[str]) -> list[str]:
    if not others:
        return []
    if len(beaten) == len(others):
        which = "the other model" if len(others) == 1 else f"all {len(others)} other models"
        return [f"It is better than {which} by more than the sampling of test images explains."]
    if not beaten:
        return ["However, no other model is shown to be worse: with these test images, the order may be due to chance."]
    rest = len(others) - len(beaten)
    return [
        f"It is better than {len(beaten)} of the {len(others)} others by more than the sampling of test images explains; "
        f"{rest} may be as good."
    ]


def _baseline(tested: dict[str, Any]) -> str:
    return f"Always predicting the largest class would give {figure(tested['majority_baseline']['macro_f1'])}."
