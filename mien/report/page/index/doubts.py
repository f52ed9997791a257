"""The labels that a model's features contradict, for review by a person."""

from typing import Any

from mien.core import paths
from mien.core.naming import file_name, last_part
from mien.report.page.frames import records
from mien.report.page.sprites import Sprites
from mien.report.run_facts import RunFacts
from mien.store.thumbnails import read_thumbnails

TITLE = "Labels worth a second look"
NUM_OPEN = 24
"""number of images that are shown at first; the rest of the queue is folded"""
MANY = 0.25
"""share of contradicted labels above which the page warns of a weak model: data sets are thought to have far fewer wrong labels"""


def view(facts: RunFacts, *, sprites: Sprites, **_: Any) -> dict[str, Any] | None:
    """Return the review queue, most doubtful first; None if stage `doubts` was not run."""
    if facts.doubts is None:
        return None
    pictures = read_thumbnails(facts.doubts.folder / "pictures.parquet") if (facts.doubts.folder / "pictures.parquet").is_file() else {}
    queue = records(facts.doubts.queue)
    for row in queue:
        row["name"] = file_name(row["path"], row["sample_id"], facts.params.report.names)
        row["picture"] = sprites.add_from(pictures, f"face/{row['sample_id']}")
    by_class = facts.doubts.counts.get("by_class", {})
    kinds = sorted(
        ((num, given, suggested) for given, row in by_class.items() for suggested, num in row.items() if num),
        key=lambda one: (-one[0], one[1:]),
    )
    used = facts.counts["sanitise"].get("corrections")
    return {
        "counts": facts.doubts.counts,
        "open": queue[:NUM_OPEN],
        "folded": queue[NUM_OPEN:],
        "kinds": kinds,
        "weak": facts.doubts.counts.get("num_doubted", 0) > MANY * facts.doubts.counts.get("num_images", 0),
        "corrections": last_part(facts.params.labels.corrections),
        "used": None if used is None else [(name, num) for name, num in used.items() if num],
        "queue_file": str(paths.DOUBTS / "queue.csv"),
    }
