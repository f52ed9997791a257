"""From labelled images to splits, and from all tables to the fate of every file."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from mien.config.params import Params
from mien.core.errors import TooFewImages
from mien.sanitise import official
from mien.sanitise.emptied import emptied
from mien.split.counts import counts, thinning_counts
from mien.split.fates import fates
from mien.split.scenes import kept_together, remarks, split_scenes
from mien.split.stratified import assign
from mien.split.thinning import thin, training_counts
from mien.store.tables import FATES, SPLIT_NAMES


@dataclass(frozen=True)
class Outcome:
    """Rows of SPLITS by path, a row of FATES per file, the counts as JSON values, and remarks in lines to print."""

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
    """Splits of the rows of LABELS that have a face, and what became of every row of FILES; the same tables, the same answer.

    Args:
        faces: sample_id, score and num_faces of the stored faces.
        rejected: rows of REJECTED.
        labels_removed, faceless: rows of FATES, which sanitise and align took out.

    Raises LabelError if a split would hold none of a class, and says where its files went.
    """
    rows = labels[~labels["path"].isin(faceless["path"])].reset_index(drop=True)
    assert rows["sample_id"].isin(faces["sample_id"]).all(), "labelled images that align neither stored nor removed"
    leaks = pd.DataFrame(columns=FATES.names)
    if params.split.method == "official":
        leaks = official.leaks(rows)
        rows = rows.assign(flag=official.flag_faceless(rows, faces)).drop(leaks.index)
    removed = [labels_removed, faceless, leaks]
    try:
        bound = split_scenes(rows, kept=params.split.keep_together == "scene", split=lambda kept: split_by_method(kept, params))
    except TooFewImages as error:
        raise emptied(files, rejected, removed, rows["path"], params.labels).told(error) from None
    whole = bound.rows
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
    """The split of each row of LABELS as split.method says; same index. Training rows that leak must be gone.

    official: the set's own test split stays, and validation is the share split.val of the training rows. It may share subjects with
    training, as it is given. Raises LabelError if a split would hold none of a class.
    """
    classes = params.labels.kept
    if params.split.method == "stratified":
        return assign(rows, {name: getattr(params.split, name) for name in SPLIT_NAMES}, classes=classes, seed=params.seed)
    official.require_test(rows["subset"])
    test = official.is_test(rows["subset"])
    official.require_classes(rows.loc[test, "label"], classes)
    shares = {"train": 1 - params.split.val, "val": params.split.val}
    own = assign(rows[~test], shares, classes=classes, seed=params.seed)
    return own.reindex(rows.index).where(~test, "test")
