"""Which images a split keeps together, and what lets scenes go: one that holds most of a set cannot lie in one split.

Images of one scene are other exposures of one person in one place. Parted, the test split would hold near copies of training; but where
everybody stood before one wall, likeness can chain the whole set into one scene. Such a scene says more of the wall than of the people.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from mien.core.errors import LabelError

# A scene of more than half the images says that likeness has chained different people.
MOST = 0.5


@dataclass(frozen=True)
class Bound:
    """Rows with their split, whose `scene_id` names only scenes that it keeps together; sizes of the scenes let go, largest first."""

    rows: pd.DataFrame
    let_go: list[int]


def split_scenes(rows: pd.DataFrame, *, kept: bool, split: Callable[[pd.DataFrame], pd.Series]) -> Bound:
    """The rows of LABELS (scene_id, group_id) with the column `split`, by a function that parts no scene_id.

    Where `kept` is false, the scene of each image becomes its group. Otherwise that happens to scenes of more than MOST of the images,
    and to all scenes if the split is impossible with them. Raises LabelError if it is impossible without.
    """

    def bound(scenes: pd.Series | pd.Index) -> pd.DataFrame:
        its = rows.assign(scene_id=rows["scene_id"].where(~rows["scene_id"].isin(scenes), rows["group_id"]))
        return its.assign(split=split(its))

    if not kept:
        return Bound(bound(rows["scene_id"]), [])
    pictures = rows.groupby("scene_id")["group_id"].nunique()
    size = rows["scene_id"].value_counts()[pictures[pictures > 1].index]
    chained = size[size > MOST * len(rows)]
    try:
        return Bound(bound(chained.index), sorted(map(int, chained), reverse=True))
    except LabelError:
        if not len(size):
            raise
        return Bound(bound(rows["scene_id"]), sorted(map(int, size), reverse=True))


def kept_together(rows: pd.DataFrame) -> dict[str, int]:
    """How many images share a picture, a scene (of several pictures) and a subject with another one, by relation."""
    copies = rows.groupby("group_id")["path"].transform("size") > 1
    scenes = rows.groupby("scene_id")["group_id"].transform("nunique") > 1
    subjects = rows["subject"].map(rows["subject"].value_counts()) > 1
    return {"picture": int(copies.sum()), "scene": int(scenes.sum()), "subject": int(subjects.sum())}


def remarks(bound: Bound, together: dict[str, int], *, keep_together: str) -> list[str]:
    """What kept images `together` (see kept_together), and which scenes were let go, in lines to print."""
    listed = [f"{together[what]} images of one {what}" for what in ("subject", "scene", "picture") if together[what]]
    lines = [f"never parted: {', '.join(listed)} with another (keep_together: {keep_together})"] if listed else []
    if num := len(bound.let_go):
        what = f"a scene of {bound.let_go[0]}" if num == 1 else f"{num} scenes, the largest of {bound.let_go[0]},"
        lines.append(
            f"warning: {what} of {len(bound.rows)} images could not be kept together without failing: so many look alike that they chain, "
            "as with everybody before one wall. Images of one person may lie in several splits, so test figures may be too high. Name the "
            "persons with ingest.subject or ingest.metadata, or raise dedup.scene_correlation; split.keep_together: picture accepts it"
        )
    return lines
