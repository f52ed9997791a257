"""One survivor per duplicate group, or per different picture in it, and what becomes of its other files.

The frames here have a row per file: path, sample_id, label (a class, or None), group_id, pixels (what the file shows, exactly), kind,
num_pixels, size_bytes, subject.

Which file survives: the one with the most pixels, then the most bytes, then the first by path; copies are mostly reduced or saved again
with losses, so this is mostly the original. Duplicates with different labels are a conflict: by `labels.on_conflict` the whole group goes
to quarantine, or the label of more than half of its files is taken, and the survivor is one of these.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from mien.core.plural import plural


@dataclass(frozen=True)
class Reduced:
    """Survivors (rows of the frame given, a row per group) and removed rows with the columns fate, reason, detail."""

    survivors: pd.DataFrame
    removed: pd.DataFrame


def conflicts(rows: pd.DataFrame) -> dict[str, Counter[str]]:
    """The groups whose files carry more than one class: group_id, and how many files carry which."""
    differing = rows.groupby("group_id")["label"].nunique()
    disputed = rows[rows["group_id"].isin(differing.index[differing > 1]) & rows["label"].notna()]
    return {str(group): Counter(sorted(labels)) for group, labels in disputed.groupby("group_id")["label"]}


def describe(votes: Counter[str]) -> str:
    """The labels of one disputed picture in words: 'one picture under 2 labels: fear (2 files), sad (1 file)'."""
    listed = ", ".join(f"{label} ({plural(num, 'file')})" for label, num in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])))
    return f"one picture under {len(votes)} labels: {listed}"


def majority(votes: Counter[str]) -> str | None:
    """The label of more than half of the files, None if there is none."""
    label, num = votes.most_common(1)[0]
    return label if 2 * num > votes.total() else None


def best_first(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order in which they may survive; a total order, so that it does not matter how they came."""
    return rows.sort_values(["num_pixels", "size_bytes", "path"], ascending=[False, False, True], na_position="last")


def one_per_group(rows: pd.DataFrame, *, on_conflict: Literal["quarantine", "majority"], near_copies: Literal["keep", "drop"]) -> Reduced:
    """Reduces `rows`, all of which must carry a class, to one row per group. Every row comes back once: as survivor or as removed.

    With `near_copies` kept, to one row per different picture of a group, so that only copies of the same bytes or pixels leave.

    A survivor without subject takes over the subject of its first copy that has one, or the person could be parted from the other photos.
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
    survivors = rows[agreed == rows["label"]].drop_duplicates("group_id" if near_copies == "drop" else ["group_id", "pixels"])
    subjects = rows.sort_values("path").groupby("group_id")["subject"].first()
    survivors = survivors.assign(subject=survivors["subject"].where(survivors["subject"].notna(), survivors["group_id"].map(subjects)))
    survivors["subject"] = survivors["subject"].astype(object).where(survivors["subject"].notna(), None)

    twins = rows.drop(survivors.index)
    first = survivors.drop_duplicates("group_id")
    # An exact copy is one of its own picture, any other of the best of its group.
    kept_path = dict(zip(first["group_id"], first["path"], strict=True)) | dict(zip(survivors["pixels"], survivors["path"], strict=True))
    details = [
        f"of {kept_path.get(pixels, kept_path[group])}"
        + (f", which is {decided[group]} by majority" if decided.get(group) not in (None, label) else "")
        for group, pixels, label in zip(twins["group_id"], twins["pixels"], twins["label"], strict=True)
    ]
    assert twins["kind"].notna().all(), "a duplicate of no kind"
    copies = twins.assign(fate="duplicate", reason=twins["kind"], detail=pd.Series(details, twins.index, dtype=object))
    return Reduced(survivors, pd.concat([quarantined, copies]))
