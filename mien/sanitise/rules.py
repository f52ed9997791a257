"""The rules that decide which files are kept, with which class, and why the others are removed.

The rules are applied in this order. Unfit images are removed (they are already rejected, so their labels do not count). Votes become labels
(see votes.py). People's decisions about single images are applied (see corrections.py). Unknown labels are removed, then conflicts and
dropped classes. Finally one survivor of each duplicate group is kept. In an official test split only unknown labels and dropped classes are
removed, corrections are not applied, and other faults are flagged. Training images that duplicate a test image are kept here, so that
`split` can count them as leaks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import pandas as pd

from mien.config.sections.labels import LabelParams
from mien.sanitise import official, survivors
from mien.sanitise.corrections import correct
from mien.sanitise.labels import UnknownSpelling, classify, closest_class, refuse, unknown_spellings
from mien.sanitise.votes import only_to_train, with_votes
from mien.store.clips import wholes
from mien.store.tables import FATES, LABELS


@dataclass(frozen=True)
class Sanitised:
    """Rows of LABELS and of FATES, both sorted by path, and counts for reports."""

    labels: pd.DataFrame
    removed: pd.DataFrame
    unknown: list[UnknownSpelling]
    num_conflicts: int  # groups whose files have different labels, including those of an official test split
    num_near_copies: int  # images that are kept although a better copy is kept too; images of an official test split are not counted
    corrections: dict[str, int]  # decisions by effect: relabelled, kept, dropped, in_test, unused
    unused_corrections: list[str]  # the sample_ids, as written, that no usable image has


def image_rows(
    files: pd.DataFrame, rejected: pd.DataFrame, duplicates: pd.DataFrame, sizes: pd.DataFrame, params: LabelParams
) -> pd.DataFrame:
    """One row per file with a stored image: columns of FILES and DUPLICATES, `num_pixels`, `pixels` (their SHA-256), `unfit` (the reason).

    Votes are labels here already (see with_votes). `sizes` has the columns sample_id, width_px, height_px and pixel_sha256 of the stored
    images.
    """
    unfit = rejected[rejected["decodable"].astype(bool)].set_index("sample_id")["reason"]
    num_pixels = (sizes["width_px"] * sizes["height_px"]).set_axis(sizes["sample_id"]).to_dict()
    rows = duplicates[["path", "sample_id", "group_id", "scene_id", "kind"]].merge(
        files.drop(columns="sample_id"), on="path", validate="one_to_one"
    )
    assert len(rows) == len(duplicates), "duplicates.parquet names files that files.parquet does not"
    pixels = dict(zip(sizes["sample_id"], sizes["pixel_sha256"], strict=True))
    rows["pixels"] = [pixels[sample_id] for sample_id in rows["sample_id"]]
    rows["num_pixels"] = [num_pixels[sample_id] for sample_id in rows["sample_id"]]
    rows["unfit"] = pd.Series([unfit.get(sample_id) for sample_id in rows["sample_id"]], rows.index, dtype=object)
    return with_votes(rows.sort_values("path", ignore_index=True), params)


def sanitise(
    rows: pd.DataFrame,
    params: LabelParams,
    *,
    method: Literal["stratified", "official"],
    decisions: Mapping[str, str] = MappingProxyType({}),
) -> Sanitised:
    """Labels the rows of `image_rows` and removes those that cannot be used; every fit row is returned once, as kept or removed.

    `decisions` come from `read_corrections`. Raises LabelError if a label is unknown and labels.on_unknown is refuse, if `method` is
    official and the source has no test split, or if decisions contradict each other.
    """
    rows = rows.assign(label=classify(rows["label_raw"], params), flag=None, subset=rows["subset_raw"])
    rows["test"] = official.is_test(rows["subset"]) if method == "official" else False
    rows = rows[rows["test"] | rows["unfit"].isna()]
    corrected = correct(rows, decisions)
    rows = only_to_train(corrected.rows)
    unknown = unknown_spellings(rows.loc[rows["label"].isna() & rows["undecided"].isna(), "label_raw"], params)
    if params.on_unknown == "refuse":
        refuse(unknown)
    nameless, rows = rows[rows["label"].isna()], rows[rows["label"].notna()]
    if method == "official":
        official.require_test(rows["subset"])

    num_conflicts = len(survivors.conflicts(rows))
    in_test = rows[rows["test"] & ~rows["label"].isin(params.drop)]
    leaks = rows[~rows["test"] & rows["group_id"].isin(in_test["group_id"]) & ~rows["label"].isin(params.drop)]
    rest = rows.drop(in_test.index.union(leaks.index))
    dropped = rest["label"].isin(params.drop) & ~rest["group_id"].isin(survivors.conflicts(rest))
    reduced = survivors.one_per_group(rest[~dropped], on_conflict=params.on_conflict, near_copies=params.near_copies)
    outvoted = reduced.survivors["label"].isin(params.drop)

    kept = pd.concat([in_test.assign(flag=official.flags(in_test, rows)), leaks, reduced.survivors[~outvoted]])
    removed = [
        corrected.removed,
        _unknown(nameless, params),
        _dropped(rest[dropped]),
        _dropped(reduced.survivors[outvoted]),
        reduced.removed,
    ]
    table = pd.concat(removed).assign(stage="sanitise").sort_values("path", ignore_index=True)[FATES.names]
    assert len(kept) + len(table) == len(rows) + len(nameless) + len(corrected.removed)
    own = reduced.survivors[~outvoted]
    sizes = own.groupby(["group_id", wholes(own)], sort=False).size()  # the frames of one clip are no copies
    num_near_copies = len(own) - int(sizes.groupby(level=0).max().sum())
    labels = kept.sort_values("path", ignore_index=True)[LABELS.names]
    return Sanitised(labels, table, unknown, num_conflicts, num_near_copies, corrected.counts, corrected.unused)


def _unknown(rows: pd.DataFrame, params: LabelParams) -> pd.DataFrame:
    closest = {spelling: closest_class(spelling, params) for spelling in rows["label_raw"].dropna().unique()}
    details = [
        f"{spelling!r} is no class and no alias; closest class: {closest[spelling] or 'none'}"
        if spelling in closest
        else voted or "no folder names a label"
        for spelling, voted in zip(rows["label_raw"], rows["votes_detail"], strict=True)
    ]
    reason = rows["undecided"].where(rows["undecided"].notna(), "unknown_label")
    return rows.assign(fate="quarantined", reason=reason, detail=pd.Series(details, rows.index, dtype=object))


def _dropped(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(fate="dropped class", reason=rows["label"], detail="left out by labels.drop")
