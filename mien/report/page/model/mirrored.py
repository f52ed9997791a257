"""The maps of an image and of its mirror image beside each other, as in Figure 8 of the paper on rebalanced consistency."""

from typing import Any

from mien.report.page.sprites import Sprites
from mien.report.run_facts import RunFacts
from mien.store.thumbnails import read_thumbnails

TITLE = "Maps of mirrored images"


def view(facts: RunFacts, *, model: str, sprites: Sprites, **_: Any) -> dict[str, Any] | None:
    """Return faces with the original and mirrored maps of some classes; None if stage `explain` made none."""
    explanation = facts.explanations.get(model)
    if explanation is None or not explanation.mirrored:
        return None
    pictures = read_thumbnails(explanation.folder / "pictures.parquet")
    faces = [
        {
            **face,
            "face": sprites.add_from(pictures, f"face/{face['sample_id']}"),
            "rows": [
                {**row, **{name: sprites.add_from(pictures, row.get(name)) for name in ("original", "mirrored")}} for row in face["rows"]
            ],
        }
        for face in explanation.mirrored
    ]
    return {"faces": faces}
