"""What a method that trains the network itself did and found: changed labels, uncertain images, branches, selected images."""

from collections.abc import Mapping
from typing import Any

from mien.core.naming import NUM_DIGITS
from mien.report.page.formats import figure, value
from mien.report.run_facts import RunFacts

TITLE = "What the method found"
NUM_SHOWN = 50
"""rows of the list of images; metrics/train/MODEL.json contains all of them"""
MEANINGS = {
    "relabelled": "training images whose labels were changed at the end of the training",
    "share_at_the_end": "share of the training images with changed labels at the end of the training",
    "relabelled_share": "share of the training images with changed labels after the selected epoch",
    "mean_uncertainty": "mean uncertainty of the training images",
    "conventional_share": "weight of the conventional branch in the selected epoch",
    "selected": "share of the labels that were learned in the selected epoch",
}
LIMITS = {
    "selected": "All images of this training have labels. A mean teacher without further images is little more than a moving average of "
    "the weights with a filter for labels.",
}
COLUMNS = {"image": "image", "label": "label of the data set", "used": "label used instead", "uncertainty": "uncertainty"}


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return the figures of the method, the accuracies of its branches and its list of images; None for other models."""
    found: Mapping[str, Any] = facts.trainings.get(model, {}).get("method", {})
    if not found:
        return None
    rows = found.get("images", [])
    path_of = {sample_id[:NUM_DIGITS]: path for path, sample_id in zip(facts.splits["path"], facts.splits["sample_id"], strict=True)}
    names = [name for name in COLUMNS if rows and name in rows[0]]
    return {
        "facts": [(MEANINGS.get(name, name), value(one)) for name, one in found.items() if not isinstance(one, list | dict)],
        "limits": [text for name, text in LIMITS.items() if name in found],
        "branches": [(name, figure(each["accuracy"]), figure(each["mean_accuracy"])) for name, each in found.get("branches", {}).items()],
        "columns": [COLUMNS[name] for name in names],
        "rows": [[_cell(row, name, path_of, facts.called) for name in names] for row in rows[:NUM_SHOWN]],
        "num": len(rows),
        "model": model,
    }


def _cell(row: Mapping[str, Any], name: str, path_of: Mapping[str, str], called: Mapping[str, str]) -> str:
    if name == "image":
        return called.get(path_of.get(row[name], ""), row[name])
    return value(row[name])
