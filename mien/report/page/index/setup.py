"""What was run: the revision, the data, the parameters, and the settings in which the models differ."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from mien.config.sections.faces import FaceParams
from mien.config.sections.split import SplitParams
from mien.report.page.formats import percent, value
from mien.report.run_facts import RunFacts

TITLE = "What was run"
COLUMNS = ("backbone", "weights", "attention", "head", "loss.name", "recipe", "input_px")
NOT_SETTINGS = ("name", "classes", "seed")


def view(facts: RunFacts, **_: Any) -> dict[str, Any]:
    """Return facts of the run, a row per model with the settings that differ, and the settings that the models share."""
    flat = {
        model: flattened({key: entry for key, entry in facts.configs[model].items() if key not in NOT_SETTINGS}) for model in facts.trained
    }
    keys = list(dict.fromkeys(key for settings in flat.values() for key in settings))
    common = {key: _most_common([settings[key] for settings in flat.values() if key in settings]) for key in keys}
    columns = [key for key in COLUMNS if len({settings.get(key) for settings in flat.values()}) > 1]
    rows = [
        {
            "model": model,
            "cells": [settings.get(key, "–") for key in columns],
            "further": [(key, text) for key, text in settings.items() if key not in columns and text != common[key]],
        }
        for model, settings in flat.items()
    ]
    shared = [(key, common[key]) for key in keys if key not in columns]
    is_committed = bool(facts.origin.revision) and facts.modified == ()
    return {"facts": _facts(facts), "is_committed": is_committed, "columns": columns, "rows": rows, "shared": shared}


def flattened(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested settings under dotted names such as `train.lr`, with values as text."""
    found: dict[str, str] = {}
    for key, entry in settings.items():
        if isinstance(entry, Mapping):
            found |= flattened(entry, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value(entry)
    return found


def _faces(faces: FaceParams) -> str:
    if faces.detector == "none":
        return "not detected; whole images are used"
    margin = f"margin {percent(faces.margin)}"
    if faces.detector == "given":
        return f"given by the data set, {margin}"
    turns = ", also in rotated images (90°, 180°, 270°)" if faces.turns else ""
    return f"detected by {faces.detector}{turns}, score at least {value(faces.min_score)}, {margin}"


def _split(split: SplitParams) -> str:
    if split.val == "official":
        return "the official validation and test splits of the source"
    if split.method == "official":
        return f"the official test split of the source; validation is {percent(split.val)} of training"
    return f"stratified by class, training {percent(split.train)}, validation {percent(split.val)}, test {percent(split.test)}"


def _most_common(texts: list[str]) -> str:
    return Counter(texts).most_common(1)[0][0]


def _facts(facts: RunFacts) -> list[tuple[str, str]]:
    """The name and text of each fact; only the first three can change while the results stay the same."""
    params = facts.params
    if facts.modified is None:
        state = "outside Git"
    elif facts.modified:
        state = f"modified since: {', '.join(facts.modified)}"
    else:
        state = "code and parameters as committed"
    split = params.split
    faces = params.faces
    return [
        ("Git revision", f"{facts.origin.revision or 'unknown'} ({state})"),
        *([("experiment", facts.origin.experiment)] if facts.origin.experiment else []),
        ("fingerprints", f"parameters {facts.origin.params}, data {facts.origin.data}"),
        ("data source", facts.source),
        ("classes", value(params.labels.kept) + (f"; excluded on purpose: {value(params.labels.drop)}" if params.labels.drop else "")),
        ("unknown labels, conflicts", f"{params.labels.on_unknown}, {params.labels.on_conflict}"),
        (
            "duplicates",
            f"hashes at most {params.dedup.distance} bits apart, then texture correlation of at least "
            f"{value(params.dedup.min_correlation)} "
            f"and agreement (dedup.min_agreement) of at least {value(params.dedup.min_agreement)}"
            + ("; mirrored copies too" if params.dedup.mirrored else ""),
        ),
        ("near copies under one label", {"keep": "all kept, in one split", "drop": "one copy kept"}[params.labels.near_copies]),
        (
            "scenes",
            f"texture correlation of at least {value(params.dedup.scene_correlation)}; "
            + {"scene": "kept together in the split", "picture": "not kept together in the split"}[split.keep_together],
        ),
        (
            "faces",
            f"{_faces(faces)}, stored at {faces.size_px} px at most",
        ),
        (
            "split",
            _split(split),
        ),
        *([("reduced to", f"at most {split.max_train} training images")] if split.max_train else []),
        *([("imbalance factor", value(split.imbalance_factor))] if split.imbalance_factor > 1 else []),
        *((f"ensemble {name}", ", ".join(members)) for name, members in params.ensembles.items()),
        *((f"export {name}", f"{entry.model} in {entry.precision}") for name, entry in params.exports.items()),
        *((f"temporal model {name}", f"{entry.pooling} of the frames by {entry.model}") for name, entry in params.temporal.items()),
        ("seed", str(params.seed)),
    ]
