"""The maps of the same images after several epochs, as in Figure 7 of the paper on rebalanced consistency."""

from typing import Any

from mien.core.naming import file_name
from mien.report.page.sprites import Sprites
from mien.report.run_facts import RunFacts
from mien.store.thumbnails import read_thumbnails

TITLE = "Maps by epoch"


def view(facts: RunFacts, *, model: str, sprites: Sprites, **_: Any) -> dict[str, Any] | None:
    """Return a row per image with its map after each epoch; None if explain.epochs asks for none."""
    explanation = facts.explanations.get(model)
    if explanation is None or explanation.epochs is None:
        return None
    found = explanation.epochs
    pictures = read_thumbnails(explanation.folder / "pictures.parquet")
    rows = [
        {
            **row,
            "name": file_name(row["path"], row["sample_id"], facts.params.report.names),
            "face": sprites.add_from(pictures, row["face"]),
            "cells": [
                {**cell, "map": sprites.add_from(pictures, cell["map"]), "is_right": cell["predicted"] == row["actual"]}
                for cell in row["cells"]
            ],
        }
        for row in found["images"]
    ]
    return {
        "columns": [column["name"] for column in found["columns"]],
        "rows": rows,
        **{key: found[key] for key in ("not_reached", "num_epochs")},
    }
