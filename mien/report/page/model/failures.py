"""The misclassified test images by confused pair of classes, and the quantities that are associated with failure."""

from collections.abc import Sequence
from typing import Any

from mien.core.naming import Names, file_name
from mien.report.page.axis import Axis
from mien.report.page.pairwise import ALPHA
from mien.report.page.sprites import Sprites
from mien.report.run_facts import RunFacts
from mien.store.thumbnails import read_thumbnails

TITLE = "Failures"
NUM_OPEN = 3
"""number of pairs that are open at first; the others are folded"""
SHOWN = ("face", "map_predicted", "map_actual")


def view(facts: RunFacts, *, model: str, sprites: Sprites, **_: Any) -> dict[str, Any] | None:
    """Return the pairs with their images, and the associations; None if the model was not explained."""
    explanation = facts.explanations.get(model)
    if explanation is None:
        return None
    counted = explanation.figures.get("failures") or {}
    pictures = read_thumbnails(explanation.folder / "pictures.parquet")
    classes = facts.evaluations[model]["classes"]
    groups = [
        {
            **group,
            "anchor": anchor(classes, group["actual"], group["predicted"]),
            "pictures": [_shot(shot, sprites, pictures, names=facts.params.report.names) for shot in group["pictures"]],
        }
        for group in explanation.failures
    ]
    return {
        "num": counted.get("num"),
        "num_tested": counted.get("num_tested"),
        "groups": groups,
        "num_open": NUM_OPEN,
        "num_pictured": sum(len(group["pictures"]) for group in groups),
        "associations": counted.get("associations") or [],
        "axis": Axis(0.0, 1.0),
        "alpha": ALPHA,
        "file": str(explanation.folder / "failures.csv"),
    }


def anchor(classes: Sequence[str], actual: str, predicted: str) -> str:
    """Return the HTML id of a confused pair on the page."""
    return f"pair-{classes.index(actual)}-{classes.index(predicted)}" if actual in classes and predicted in classes else "failures"


def _shot(shot: dict[str, Any], sprites: Sprites, pictures: dict[str, bytes], *, names: Names) -> dict[str, Any]:
    neighbours = [{**near, "face": sprites.add_from(pictures, near.get("face"))} for near in shot.get("neighbours") or []]
    twins = shot.get("twins") or []
    return {
        **{"p_actual": None, "sharpness": None, "brightness": None, "face_px": None, "score": None},
        **shot,
        "name": file_name(shot["path"], shot["sample_id"], names),
        **{name: sprites.add_from(pictures, shot.get(name)) for name in SHOWN},
        "neighbours": neighbours,
        "twins": twins.split() if isinstance(twins, str) else twins,
    }
