"""What a model loses if the test images are made worse, whether it knows, and one face under every corruption."""

from statistics import fmean
from typing import Any

from mien.core.naming import file_name
from mien.report.page.axis import axis_around
from mien.report.page.formats import figure, percent, span
from mien.report.page.multiples import Level, Multiple, multiple
from mien.report.page.sprites import Sprites
from mien.report.run_facts import RunFacts
from mien.store.thumbnails import read_thumbnails

TITLE = "Worse photographs"


def view(facts: RunFacts, *, model: str, sprites: Sprites, **_: Any) -> dict[str, Any] | None:
    """Return a chart and a row per corruption, and an example; None if the model was not tested under corruptions."""
    found = facts.robustness.get(model)
    if found is None or not found.figures["corruptions"]:
        return None
    own = found.figures
    losses = [one["accuracy_loss"] for one in own["corruptions"]]
    return {
        **own,
        "corruptions": [{**one, "heading": _heading(one["title"])} for one in own["corruptions"]],
        "has_parts": len({one["num_images"] for one in own["corruptions"]}) > 1,
        "charts": [_chart(one, own) for one in own["corruptions"]],
        "worst": next(one for one in own["corruptions"] if one["name"] == own["worst"]),
        "axis": axis_around([end for loss in losses for end in loss.values() if end is not None] + [0.0]),
        "strongest": strongest(own),
        "left_out": [(name.replace("_", " "), reason) for name, reason in own["left_out"].items()],
        "example": _example(facts, model, sprites),
    }


def strongest(figures: dict[str, Any]) -> dict[str, float | None]:
    """The means over corruptions at the largest strength: the share of images without an answer, and the accuracy of the answers."""
    last = [one["strengths"][-1] for one in figures["corruptions"]]
    answered = [one["sure_accuracy"] for one in last if one["sure_accuracy"] is not None]
    return {"unsure": fmean(one["unsure"] for one in last), "sure_accuracy": fmean(answered) if answered else None}


def _chart(one: dict[str, Any], own: dict[str, Any]) -> Multiple:
    levels = [_level(0, {**own["clean"], **one["clean"]}, "as they are")]
    levels += [_level(each["strength"], each, f"strength {each['strength']}") for each in one["strengths"]]
    loss = one["accuracy_loss"]
    interval = f" ({span(100 * loss['low'], 100 * loss['high'], 0)})" if loss["low"] is not None else ""
    said = f"loses {percent(loss['value'])}{interval}"
    return multiple(_heading(one["title"]), said, levels, guess=own["largest_class"])


def _level(strength: int, each: dict[str, Any], name: str) -> Level:
    accuracy = each["accuracy"]
    note = (
        f"{name}: accuracy {figure(accuracy['value'])} ({span(accuracy['low'], accuracy['high'])}), confidence {figure(each['confidence'])}"
    )
    return Level(strength, accuracy["value"], accuracy["low"], accuracy["high"], each["confidence"], note)


def _example(facts: RunFacts, model: str, sprites: Sprites) -> dict[str, Any]:
    found = facts.robustness[model]
    example, pictures = found.example, read_thumbnails(found.folder / "pictures.parquet")

    def shown(cell: dict[str, Any]) -> dict[str, Any]:
        return {**cell, "picture": sprites.add_from(pictures, cell["picture"]), "right": cell["predicted"] == example["actual"]}

    return {
        "name": file_name(example["path"], example["sample_id"], facts.params.report.names),
        "actual": example["actual"],
        "clean": shown(example["clean"]),
        "rows": [{**row, "heading": _heading(row["title"]), "cells": [shown(cell) for cell in row["cells"]]} for row in example["rows"]],
    }


def _heading(title: str) -> str:
    return title[:1].upper() + title[1:]
