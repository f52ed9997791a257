"""Keeps the images of a scene in one split, and releases scenes that are too large for that.

Images of one scene are different exposures of one person in one place. If they were separated, the test split would contain near copies of
training images. But where everybody stands in front of the same wall, similarity can chain the whole set into one scene, which then depends
on the wall more than on the people; such a scene cannot lie in one split.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from mien.core.errors import LabelError
from mien.store.clips import has_clips, wholes

# A scene with more than half of the images has chained different people.
MOST = 0.5


@dataclass(frozen=True)
class Bound:
    """Rows with the column `split`, whose `scene_id` contains only scenes that are kept together; sizes of released scenes, descending."""

    rows: pd.DataFrame
    let_go: list[int]


def split_scenes(rows: pd.DataFrame, *, kept: bool, split: Callable[[pd.DataFrame], pd.Series]) -> Bound:
    """The rows of LABELS (scene_id, group_id) with the column `split`, from a function that never separates a scene_id.

    If `kept` is false, the scene of each image is replaced by its duplicate group. Otherwise only scenes with more than MOST of the images
    are replaced, or all scenes if no split is possible with them. Raises LabelError if no split is possible without scenes either.
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
    """The number of images that share their picture, scene (of several pictures) or subject with another image, by relation.

    Frames of one clip share that, which is told if there are clips; they share a picture only with images outside of their clip.
    """
    copies = wholes(rows).groupby(rows["group_id"]).transform("nunique") > 1
    scenes = rows.groupby("scene_id")["group_id"].transform("nunique") > 1
    subjects = rows["subject"].map(rows["subject"].value_counts()) > 1
    found = {"picture": int(copies.sum()), "scene": int(scenes.sum()), "subject": int(subjects.sum())}
    if has_clips(rows):
        found["clip"] = int((rows.groupby("clip")["path"].transform("size") > 1).sum())
    return found


def remarks(bound: Bound, together: dict[str, int], *, keep_together: str) -> list[str]:
    """Lines to print: how many images are kept together and why (see kept_together), and which scenes were released."""
    listed = [f"{together[what]} images that share a {what}" for what in ("subject", "scene", "clip", "picture") if together.get(what)]
    lines = [f"kept in one split: {', '.join(listed)} (keep_together: {keep_together})"] if listed else []
    if num := len(bound.let_go):
        what = f"a scene of {bound.let_go[0]}" if num == 1 else f"{num} scenes, the largest of {bound.let_go[0]},"
        lines.append(
            f"warning: {what} of {len(bound.rows)} images could not be kept together: so many images look alike that they chain into "
            "one scene, for example if everybody stands before the same wall. Images of one person may be in several splits, so test "
            "metrics may be too high. Name the persons with ingest.subject or ingest.metadata, or raise dedup.scene_correlation; to "
            "accept it, set split.keep_together: picture"
        )
    return lines
