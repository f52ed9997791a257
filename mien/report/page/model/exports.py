"""A model beside the ONNX files that it was exported to: what each loses, and what it saves."""

from typing import Any

from mien.report.page.pairwise import differences
from mien.report.run_facts import RunFacts

TITLE = "Exports"


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return a row for the model and one for each of its exports, on the page of each of them; None if there are no exports."""
    exports = facts.params.exports
    source = exports[model].model if model in exports else model
    own = [name for name, entry in exports.items() if entry.model == source]
    if not own:
        return None
    pairs = differences(facts.comparisons)
    return {
        "source": source,
        "rows": [_row(facts, name) | {"pair": pairs.get((name, source))} for name in (source, *own)],
        "num_compared": facts.evaluations[own[0]]["exported"]["compared"]["num_images"],
        "is_timed": any(name in facts.costs for name in (source, *own)),
    }


def _row(facts: RunFacts, name: str) -> dict[str, Any]:
    evaluation = facts.evaluations[name]
    return {
        "name": name,
        "precision": facts.configs[name]["precision"],
        "macro_f1": evaluation["all"]["macro_f1"],
        "accuracy": evaluation["all"]["accuracy"],
        "ece": evaluation["calibration"]["after"]["ece"],
        "same_class": evaluation["exported"]["compared"]["same_class"] if "exported" in evaluation else None,
        "file_bytes": evaluation["cost"]["file_bytes"],
        "speed": facts.costs.get(name, {}),
    }
