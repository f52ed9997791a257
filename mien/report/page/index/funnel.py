"""The files that remain after each stage, from all files to the three splits; losses and kept files must add up to all files."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mien.core.naming import without_names
from mien.report.page.frames import records
from mien.report.run_facts import RunFacts
from mien.store.tables import SPLIT_NAMES

TITLE = "From files to splits"
STAGES = {
    "ingest": "reading the source",
    "convert": "decoding",
    "sanitise": "labels and duplicates",
    "align": "faces",
    "split": "splitting",
}
REASONS = {
    ("duplicate", "exact"): "the same bytes as another file",
    ("duplicate", "pixel"): "the same pixels as another file",
    ("duplicate", "near"): "a copy that was reduced, cropped or saved again",
    ("duplicate", "mirrored"): "a mirrored copy",
    ("quarantined", "conflict"): "copies of one picture under different labels",
    ("quarantined", "unknown_label"): "the label does not match a class",
    ("quarantined", "no_face"): "no face was found",
    ("rejected", "faceless_clip"): "no frame of the clip has a face",
    ("duplicate", "clip"): "frames of a clip of which another cut is kept",
    ("leak", "in the test split"): "a training image that is also in the test split",
}


def view(facts: RunFacts, **_: Any) -> dict[str, Any]:
    """Return a row per stage with its losses and the files that remain, the splits, and whether every file is accounted for."""
    found, lost = len(facts.files), facts.fates[facts.fates["fate"] != "kept"]
    left, steps = found, []
    for stage in [*STAGES, *sorted(set(lost["stage"]) - set(STAGES))]:
        losses = _losses(lost[lost["stage"] == stage])
        before, left = left, left - sum(loss["num"] for loss in losses)
        steps.append({"stage": stage, "title": STAGES.get(stage, stage), "losses": losses, "before": before, "left": left})
    kept = facts.fates[facts.fates["fate"] == "kept"]["reason"].value_counts()
    fates = facts.fates["fate"].value_counts()
    terms = [(str(fate), int(num)) for fate, num in sorted(fates.items(), key=lambda item: (item[0] != "kept", -item[1], item[0]))]
    return {
        "found": found,
        "steps": steps,
        "splits": [(name, int(kept.get(name, 0))) for name in SPLIT_NAMES],
        "terms": terms,
        "is_conserved": sum(num for _, num in terms) == found and set(facts.fates["path"]) == set(facts.files["path"]),
        "examples": _examples(lost, facts.called),
    }


def _losses(rows: pd.DataFrame) -> list[dict[str, Any]]:
    groups = sorted(
        ((str(fate), str(reason), len(group)) for (fate, reason), group in rows.groupby(["fate", "reason"])),
        key=lambda one: (-one[2], one[:2]),
    )
    return [
        {"fate": fate, "reason": reason.replace("_", " "), "num": num, "gloss": REASONS.get((fate, reason), "")}
        for fate, reason, num in groups
    ]


def _examples(lost: pd.DataFrame, called: Mapping[str, str]) -> list[dict[str, Any]]:
    """One file for each fate and reason, the first by path, with its name and, if there is one, the detail."""
    first = lost.sort_values("path").drop_duplicates(["stage", "fate", "reason"]).sort_values(["fate", "reason", "path"])
    return [
        {name: row[name] for name in ("fate", "reason")} | {"name": called[row["path"]], "detail": _detail(row, called)}
        for row in records(first[["fate", "reason", "stage", "path", "detail"]])
    ]


def _detail(row: Mapping[str, Any], called: Mapping[str, str]) -> str:
    """The stage's own description of the reason. If files are not shown by their paths, only the kind of a reading error is kept: the rest
    is a message of the archive library or of the system, which may contain the file name in another form."""
    detail = str(row["detail"] or "")
    if row["stage"] == "ingest" and called[row["path"]] != row["path"]:
        detail = detail.partition(": ")[0]
    return without_names(detail, called)
