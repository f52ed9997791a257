"""Chooses the pairs of data/pairs.parquet that a person should look at to judge the thresholds of `dedup`."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.config.sections.dedup import DedupParams
from mien.config.sections.labels import LabelParams
from mien.config.spelling import families
from mien.dedup.same_picture import MIRRORED_MARGIN, least_agreement
from mien.sanitise.labels import classify

RELATIONS: Final = ("near", "mirrored", "scene")
_ROUNDING: Final = 1e-6  # correlation and agreement are computed in 32 bits


def labelled(pairs: pd.DataFrame, files: pd.DataFrame, params: LabelParams) -> pd.DataFrame:
    """The rows of PAIRS with the columns label and other_label, as spelt, and `differ`: whether both are known and differ in class.

    Spellings that are not a class are grouped by `families` before they are compared.
    """
    spelt = files.set_index("path")["label_raw"]
    classes = classify(spelt, params)
    meant = classes.where(classes.notna(), spelt.map(families(spelt.dropna().unique())).astype(object))
    one, other = (pairs[column].map(meant) for column in ("path", "other_path"))
    return pairs.assign(
        label=pairs["path"].map(spelt),
        other_label=pairs["other_path"].map(spelt),
        differ=one.notna() & other.notna() & (one != other),
    )


def least(pairs: pd.DataFrame, min_agreement: float) -> NDArray[np.float64]:
    """The agreement from which each pair counts as one picture."""
    return least_agreement(
        min_agreement, mirrored=(pairs["relation"] == "mirrored").to_numpy(), disputed=pairs["disputed"].to_numpy(np.bool_)
    )


def nearest(pairs: pd.DataFrame, *, num: int, min_agreement: float) -> pd.DataFrame:
    """At most `num` pairs, sorted by the distance of their agreement from the threshold.

    Each relation gets the same number of pairs, or more if another relation has fewer.
    """
    gap = (pairs["agreement"] - least(pairs, min_agreement)).abs()
    ordered = pairs.assign(gap=gap).sort_values(["gap", "path", "other_path"], ignore_index=True)
    turn = ordered.groupby("relation").cumcount()
    rank = ordered["relation"].map(RELATIONS.index)
    chosen = ordered.loc[ordered.assign(turn=turn, rank=rank).sort_values(["turn", "rank"]).index[:num].sort_values()]
    return chosen.drop(columns="gap").reset_index(drop=True)


def counts(pairs: pd.DataFrame) -> dict[str, int]:
    """The number of pairs by relation; 0 for a relation without pairs."""
    return {relation: int((pairs["relation"] == relation).sum()) for relation in RELATIONS}


def is_outdated(pairs: pd.DataFrame, params: DedupParams) -> bool:
    """Whether `params` would classify some pair differently, which means that the table was made with other parameters."""
    margin = MIRRORED_MARGIN * (pairs["relation"] == "mirrored")
    is_copy = (pairs["correlation"] >= np.minimum(1, params.min_correlation + margin) - _ROUNDING) & (
        pairs["agreement"] >= least(pairs, params.min_agreement) - _ROUNDING
    )
    is_scene = (pairs["correlation"] >= params.scene_correlation - _ROUNDING) & ~is_copy
    return not bool(np.where(pairs["relation"] == "scene", is_scene, is_copy).all())
