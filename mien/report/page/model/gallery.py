"""The most confident right and wrong predictions of each class, with their maps."""

from typing import Any

from mien.core.naming import file_name
from mien.report.page.sprites import Sprites
from mien.report.run_facts import RunFacts
from mien.store.thumbnails import read_thumbnails

TITLE = "Most confident predictions"
KINDS = {"right": "right", "wrong": "wrong"}
SHOWN = ("face", "map_predicted", "map_actual")


def view(facts: RunFacts, *, model: str, sprites: Sprites, **_: Any) -> dict[str, Any] | None:
    """Return the predictions by actual class, the right ones before the wrong ones; None if the model was not explained."""
    explanation = facts.explanations.get(model)
    if explanation is None or not explanation.gallery:
        return None
    pictures = read_thumbnails(explanation.folder / "pictures.parquet")
    classes: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for group in explanation.gallery:
        shots = [
            {**shot, "name": file_name(shot["path"], shot["sample_id"], facts.params.report.names)}
            | {name: sprites.add_from(pictures, shot.get(name)) for name in SHOWN}
            for shot in group["pictures"]
        ]
        classes.setdefault(group["class"], {})[group["kind"]] = shots
    return {"classes": classes, "kinds": KINDS}
