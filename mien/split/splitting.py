"""Assigns labelled images to splits, and collects the fate of every file from all tables."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from mien.config.params import Params
from mien.core.errors import TooFewImages
from mien.sanitise import official
from mien.sanitise.emptied import emptied
from mien.sanitise.votes import NO_MAJORITY
from mien.split.clips import with_faceless_clips
from mien.split.counts import counts, thinning_counts
from mien.split.fates import fates
from mien.split.scenes import kept_together, remarks, split_scenes
from mien.split.stratified import assign
from mien.split.thinning import thin, training_counts
from mien.store.clips import with_clips
from mien.store.tables import FATES, SPLIT_NAMES


@dataclass(frozen=True)
class Outcome:
    """Rows of SPLITS sorted by path, one row of FATES per file, the counts as JSON values, and remarks as lines to print."""

    splits: pd.DataFrame
    fates: pd.DataFrame
    counts: dict[str, Any]
    remarks: list[str]


def make_splits(
    labels: pd.DataFrame,
    faces: pd.DataFrame,
    *,
    files: pd.DataFrame,
    rejected: pd.DataFrame,
    labels_removed: pd.DataFrame,
    faceless: pd.DataFrame,
    params: Params,
) -> Outcome:
    """Splits the rows of LABELS that have a face, and gives the fate of every row of FILES. The result is deterministic.

    Args:
        faces: sample_id, score and num_faces of the stored faces.
        rejected: rows of REJECTED.
        labels_removed, faceless: rows of FATES that sanitise and align removed.

    Raises LabelError if a split would have no image of a class; the message says where the files of the class went.
    """
    labels = labels.assign(clip=labels["path"].map(with_clips(files).set_index("path")["clip"]))
    faceless = with_faceless_clips(faceless, labels)
    rows = labels[~labels["path"].isin(faceless["path"])].reset_index(drop=True)
    assert rows["sample_id"].isin(faces["sample_id"]).all(), "labelled images that align neither stored nor removed"
    leaks = pd.DataFrame(columns=FATES.names)
    if params.split.method == "official":
        leaks = official.leaks(rows, params.split)
        rows = rows.assign(flag=official.flag_faceless(rows, faces)).drop(leaks.index)
    removed = [labels_removed, faceless, leaks]
    try:
        bound = split_scenes(rows, kept=params.split.keep_together == "scene", split=lambda kept: split_by_method(kept, params))
    except TooFewImages as error:
        raise emptied(files, rejected, removed, rows["path"], params.labels).told(error) from None
    guessed = unlabelled(bound.rows)
    removed.append(guessed)
    whole = bound.rows.drop(guessed.index)
    whole = whole.assign(flag=whole["flag"].where(whole["split"] == "test", None))
    thinned = thin(whole, params)
    splits = whole.drop(thinned.index)
    table = fates(files, rejected, splits, [*removed, thinned])
    found = counts(splits, table, classes=params.labels.kept)
    found["kept_together"] = kept_together(whole)
    found["scenes_let_go"] = {"scenes": len(bound.let_go), "images": sum(bound.let_go)}
    if len(thinned):
        found["thinning"] = thinning_counts(training_counts(whole, params), training_counts(splits, params))
    lines = remarks(bound, found["kept_together"], keep_together=params.split.keep_together)
    return Outcome(splits.sort_values("path"), table, found, lines)


def split_by_method(rows: pd.DataFrame, params: Params) -> pd.Series:
    """The split of each row of LABELS by split.method, with the same index. Leaking training rows must already be removed.

    With `official`, the data set's own test split is kept as given, so it may share subjects with training; validation is the share
    split.val of the training rows, or the data set's own. Raises LabelError if a split would have no image of a class.
    """
    classes = params.labels.kept
    if params.split.method == "stratified":
        return assign(rows, {name: getattr(params.split, name) for name in SPLIT_NAMES}, classes=classes, seed=params.seed)
    official.require_test(rows["subset"])
    val = official.is_validation(rows, params.split)
    test = official.is_test(rows["subset"]) & ~val
    official.require_classes(rows.loc[test, "label"], classes, subset="test")
    if params.split.val == "official":
        official.require_validation(val)
        official.require_classes(rows.loc[val, "label"], classes, subset="val")
        official.require_classes(rows.loc[~val & ~test, "label"], classes, subset="train")
        return pd.Series("train", rows.index, dtype=object).mask(val, "val").mask(test, "test")
    shares = {"train": 1 - params.split.val, "val": params.split.val}
    own = assign(rows[~test], shares, classes=classes, seed=params.seed)
    return own.reindex(rows.index).where(~test, "test")


def unlabelled(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without a majority of votes outside training, as rows of FATES with the index of `rows`: nothing can be measured on them."""
    guessed = rows[(rows["flag"] == NO_MAJORITY) & (rows["split"] != "train")]
    details = [f"no label has more than half of its votes, so it cannot be in the {split} split" for split in guessed["split"]]
    return guessed.assign(fate="quarantined", stage="split", reason=NO_MAJORITY, detail=details).reindex(columns=FATES.names)
