"""Explanations and doubts of a fabricated run."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from mien.core import paths
from mien.core.files import write_json
from mien.store.thumbnails import write_thumbnails
from tests.report.fabricated.pictures import encoded, face
from tests.report.fabricated.plan import Plan

COLUMNS = ((1, False, "epoch 1"), (5, True, "epoch 5, best"))
EXTRA = {"p_actual": 0.04, "twins": ["sad"], "sharpness": 123.4, "brightness": 99.0, "face_px": None, "score": None}


def write_explanation(plan: Plan, model: str) -> None:
    folder, pictures = paths.explanation_folder(model), {}
    shots = list(_shots(plan, model, pictures))
    near = plan.rows[plan.rows["split"] == "train"].iloc[0]
    neighbour = {"sample_id": near["sample_id"], "label": near["label"], "distance": 0.31, "face": f"face/{near['sample_id']}"}
    pictures[neighbour["face"]] = encoded(face(999))
    gallery = [
        {"class": name, "kind": kind, "pictures": [one for one in shots if one["actual"] == name and _is(one, kind)][:3]}
        for name in plan.classes
        for kind in ("right", "wrong")
    ]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in shots:
        if _is(one, "wrong"):
            shown = {key: entry for key, entry in one.items() if key not in ("actual", "predicted")}
            groups.setdefault((one["actual"], one["predicted"]), []).append({**shown, **EXTRA, "neighbours": [neighbour]})
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    first = shots[0]
    rows = [{"class": first["actual"], "original": first["map_actual"], "mirrored": first["map_actual"], "similarity": 0.98}]
    mirrored = [{"sample_id": first["sample_id"], "actual": first["actual"], "predicted": first["predicted"], "rows": rows}]
    write_json(folder / "gallery.json", gallery)
    write_json(folder / "failures.json", [{"actual": a, "predicted": p, "num": len(own), "pictures": own[:2]} for (a, p), own in ordered])
    write_json(folder / "mirrored.json", mirrored if model == plan.models[0] else [])
    if model == plan.models[0]:
        columns = [{"epoch": epoch, "is_best": is_best, "name": name} for epoch, is_best, name in COLUMNS]
        cells = [{"predicted": plan.classes[0], "probability": 0.4, "map": first["map_actual"]}] * len(columns)
        images = [{**{key: one[key] for key in ("path", "sample_id", "actual", "face")}, "cells": cells} for one in shots[:3]]
        write_json(folder / "epochs.json", {"columns": columns, "not_reached": [7, 8], "num_epochs": 6, "images": images})
    write_thumbnails(folder / "pictures.parquet", pictures)
    write_json(
        paths.explanation(model),
        {"model": model, **_figures(len(shots), sum(len(own) for own in groups.values()), is_blind=model != plan.models[0])},
    )


def _shots(plan: Plan, model: str, pictures: dict[str, bytes]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(plan.test.to_dict("records")):
        name, predicted = row["sample_id"], plan.classes[plan.predicted[model][number]]
        pictures[f"face/{name}"] = encoded(face(number))
        for label in {row["label"], predicted}:
            pictures[f"map/{name}/{label}"] = encoded(face(number, heat=1 + plan.classes.index(label)))
        yield {
            "path": row["path"], "sample_id": name, "actual": row["label"], "predicted": predicted, "probability": 0.93,
            "face": f"face/{name}", "map_predicted": f"map/{name}/{predicted}", "map_actual": f"map/{name}/{row['label']}",
        }  # fmt: skip


def _is(shot: dict[str, Any], kind: str) -> bool:
    return (shot["actual"] == shot["predicted"]) == (kind == "right")


def _figures(num: int, num_wrong: int, *, is_blind: bool) -> dict[str, Any]:
    """With `is_blind` those of a model whose maps have one cell, of which nothing can be said."""
    pair = {
        "num_correct": num - num_wrong, "mean_correct": 0.7, "num_wrong": num_wrong, "mean_wrong": 0.6,
        "difference": 0.1, "difference_low": 0.02, "difference_high": 0.2, "p": 0.01, "p_holm": 0.02,
    }  # fmt: skip
    face_claim = {
        "name": "face",
        "title": "heat inside the face",
        "chance": 0.4,
        "num": num,
        "mean": 0.68,
        "low": 0.6,
        "high": 0.75,
        **pair,
    }
    spread = {"name": "spread", "title": "spread of the map", "chance": None, "num": num, "mean": 0.8, "low": 0.7, "high": 0.85}
    deletion = {"auc": 0.3, "random_auc": 0.4, "difference": -0.1, "low": -0.15, "high": -0.05}
    insertion = {"auc": 0.42, "random_auc": 0.4, "difference": 0.02, "low": -0.05, "high": 0.1}
    association = {
        "column": "sharpness", "title": "sharpness", "unit": "variance", "num_failed": num_wrong, "num_right": num - num_wrong,
        "median_failed": 90.0, "median_right": 140.0, "auc": 0.36, "low": 0.2, "high": 0.52, "p": 0.1, "p_holm": 0.2,
    }  # fmt: skip
    claims = [face_claim, {**spread, **dict.fromkeys(pair), "num_correct": num - num_wrong, "num_wrong": num_wrong}]
    faithfulness: dict[str, Any] = {"num_images": 16, "num_steps": 9, "deletion": deletion, "insertion": insertion}
    sanity: dict[str, Any] = {"num_images": 16, "head_redrawn": 0.42, "all_redrawn": 0.03}
    if is_blind:
        claims = [{**claim, **dict.fromkeys((*pair, "mean", "low", "high", "chance"))} for claim in claims]
        faithfulness |= {"num_images": 0, "deletion": dict.fromkeys(deletion), "insertion": dict.fromkeys(insertion)}
        sanity = {"num_images": 0, "head_redrawn": None, "all_redrawn": None}
        association = dict.fromkeys(association) | {"column": "sharpness", "title": "sharpness", "unit": ""}
    return {
        "layer": "last feature map after attention",
        "grid": [1, 1] if is_blind else [3, 3],
        "num_maps": num,
        "num_correct": num - num_wrong,
        "num_wrong": num_wrong,
        "num_empty": 1,
        "claims": claims,
        "faithfulness": faithfulness,
        "sanity": sanity,
        "failures": {"num": num_wrong, "num_tested": num, "pairs": [], "associations": [association]},
    }


def write_doubts(plan: Plan) -> None:
    """A queue of thirty."""
    rows = plan.rows.iloc[:30]
    other = dict(zip(plan.classes, (*plan.classes[1:], plan.classes[0]), strict=True))
    queue = pd.DataFrame({"rank": range(1, len(rows) + 1), **{name: rows[name] for name in ("sample_id", "path", "split", "label")}})
    queue["suggested"] = [other[name] for name in rows["label"]]
    queue = queue.assign(quality=0.02, p_label=0.05, p_suggested=0.9, decision="")
    paths.DOUBTS.mkdir(parents=True, exist_ok=True)
    queue.to_csv(paths.DOUBTS / "queue.csv", index=False)
    pictures = {f"face/{name}": encoded(face(number)) for number, name in enumerate(rows["sample_id"])}
    write_thumbnails(paths.DOUBTS / "pictures.parquet", pictures)
    counts = {"num_images": len(plan.rows), "num_doubted": 31, "num_queued": len(rows), "num_decided": 0}
    by_class = {plan.classes[0]: {plan.classes[1]: 12}}
    write_json(paths.DOUBTS_COUNTS, {"model": plan.models[0], **counts, "by_class": by_class})
