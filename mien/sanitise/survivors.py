"""Chooses one survivor per duplicate group, or per distinct image in it, and the fate of the other files.

The data frames in this module have one row per file: path, sample_id, label (a class, or None), group_id, pixels (the SHA-256 of the
decoded pixels), kind, num_pixels, size_bytes, subject, and perhaps clip.

The survivor is the file with the most pixels, then the most bytes, then the first path. Copies are mostly reduced or saved again with
losses, so this is mostly the original. Duplicates with different labels are a conflict. Depending on `labels.on_conflict`, the whole group
is quarantined, or it gets the label of more than half of its files and the survivor is one of these files.

A clip is one file with many images here: it has one vote, its pixels and bytes are those of all its frames, and it survives as a whole, but
for frames that are the same, pixel for pixel, as a frame that survives.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from mien.core.plural import plural
from mien.store.clips import has_clips, wholes


@dataclass(frozen=True)
class Reduced:
    """Survivors (rows of the given data frame) and removed rows with the columns fate, reason, detail."""

    survivors: pd.DataFrame
    removed: pd.DataFrame


def conflicts(rows: pd.DataFrame) -> dict[str, Counter[str]]:
    """The groups whose files have more than one class: the number of files (a clip is one) of each class, by group_id."""
    differing = rows.groupby("group_id")["label"].nunique()
    disputed = rows[rows["group_id"].isin(differing.index[differing > 1]) & rows["label"].notna()]
    disputed = disputed.assign(whole=wholes(disputed)).drop_duplicates(["group_id", "whole", "label"])
    return {str(group): Counter(sorted(labels)) for group, labels in disputed.groupby("group_id")["label"]}


def describe(votes: Counter[str]) -> str:
    """The labels of one disputed picture in words: 'one picture under 2 labels: fear (2 files), sad (1 file)'."""
    listed = ", ".join(f"{label} ({plural(num, 'file')})" for label, num in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])))
    return f"one picture under {len(votes)} labels: {listed}"


def majority(votes: Counter[str]) -> str | None:
    """The label of more than half of the files, or None if there is none."""
    label, num = votes.most_common(1)[0]
    return label if 2 * num > votes.total() else None


def best_first(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows in order of preference for survival. The order is total, so the result does not depend on the input order."""
    rows = rows.sort_values("path")
    whole = wholes(rows)  # numbered in the order of their first paths
    size = rows.groupby(whole)[["num_pixels", "size_bytes"]].transform("sum", min_count=1)
    keyed = size.assign(whole=whole, path=rows["path"])
    ordered = keyed.sort_values([*keyed], ascending=[False, False, True, True], na_position="last")
    return rows.loc[ordered.index]


def one_per_group(rows: pd.DataFrame, *, on_conflict: Literal["quarantine", "majority"], near_copies: Literal["keep", "drop"]) -> Reduced:
    """Reduces `rows`, all of which must have a class, to one row per group. Every row is returned once, as survivor or as removed.

    If `near_copies` is `keep`, one row per distinct image of a group is kept, so only copies with the same bytes or pixels are removed. If
    it is `drop` and a clip survives, all its distinct frames do.

    A survivor without a subject gets the subject of its first copy that has one; otherwise a split could separate it from that person's
    other photographs.
    """
    assert rows["label"].notna().all() and rows["path"].is_unique
    disputed = conflicts(rows)
    decided = {group: majority(votes) if on_conflict == "majority" else None for group, votes in disputed.items()}
    undecided = rows["group_id"].isin([group for group, label in decided.items() if label is None])
    quarantined = rows[undecided].assign(
        fate="quarantined", reason="conflict", detail=lambda lost: [describe(disputed[group]) for group in lost["group_id"]]
    )

    rows = best_first(rows[~undecided])
    agreed = pd.Series([decided.get(group) or label for group, label in zip(rows["group_id"], rows["label"], strict=True)], rows.index)
    survivors = rows[agreed == rows["label"]]
    if near_copies == "drop":
        whole = wholes(survivors)
        survivors = survivors[whole == whole.groupby(survivors["group_id"]).transform("first")]
    survivors = survivors.drop_duplicates(["group_id", "pixels"])
    subjects = rows.sort_values("path").groupby("group_id")["subject"].first()
    survivors = survivors.assign(subject=survivors["subject"].where(survivors["subject"].notna(), survivors["group_id"].map(subjects)))
    survivors["subject"] = survivors["subject"].astype(object).where(survivors["subject"].notna(), None)

    twins = rows.drop(survivors.index)
    first = survivors.drop_duplicates("group_id")
    # The detail names the survivor with the same pixels if there is one, otherwise the best of the group.
    kept_path = dict(zip(first["group_id"], first["path"], strict=True)) | dict(zip(survivors["pixels"], survivors["path"], strict=True))
    details = [
        f"of {kept_path.get(pixels, kept_path[group])}"
        + (f", which is {decided[group]} by majority" if decided.get(group) not in (None, label) else "")
        for group, pixels, label in zip(twins["group_id"], twins["pixels"], twins["label"], strict=True)
    ]
    kind = twins["kind"]
    if has_clips(twins):  # any other file of a group has a kind, which the next line proves
        kind = kind.where(kind.notna() | twins["clip"].isna(), _kinds_of_frames(twins, survivors))
    assert kind.notna().all(), "a duplicate of no kind"
    copies = twins.assign(fate="duplicate", reason=kind, detail=pd.Series(details, twins.index, dtype=object))
    return Reduced(survivors, pd.concat([quarantined, copies]))


def _kinds_of_frames(twins: pd.DataFrame, survivors: pd.DataFrame) -> pd.Series:
    """The kinds of removed frames without a twin of their own: exact or pixel copies of another frame of their clip, or removed with it."""
    same_bytes, same_pixels = twins["sample_id"].isin(survivors["sample_id"]), twins["pixels"].isin(survivors["pixels"])
    return pd.Series("clip", twins.index, dtype=object).mask(same_pixels, "pixel").mask(same_bytes, "exact")
