"""Stratified sampling of images by a hash, so that the result does not depend on the order of rows."""

import hashlib
from collections import Counter

import pandas as pd

from mien.split.thinning import reduce_alike


def stratified(rows: pd.DataFrame, *, num: int, seed: int) -> pd.DataFrame:
    """Return `num` of the rows (columns sample_id, label), sorted by sample_id, with the same share of each class and at least one of each.

    If `num` is 0 or larger than the number of rows, all rows are returned. sample_id must be unique. With the same seed, a smaller sample
    is a subset of a larger one. The hash differs from that of the splits, in whose order test images without a group are late, so that
    images of persons with many images would displace them.
    """
    assert rows["sample_id"].is_unique
    if not num or len(rows) <= num:
        return rows.sort_values("sample_id", ignore_index=True)
    counts = dict(sorted(Counter(rows["label"]).items()))
    kept = reduce_alike(counts, max_train=max(num, len(counts)))
    rank = _rank(rows, seed=seed)
    return rows[rank < rows["label"].map(kept)].sort_values("sample_id", ignore_index=True)


def of_each_class(rows: pd.DataFrame, *, num: int, seed: int) -> pd.DataFrame:
    """Return `num` of the rows (columns sample_id, label) of each class, or all that it has, in the order in which they are drawn.

    sample_id must be unique. With the same seed, a smaller `num` gives the first rows of each class of a larger one.
    """
    assert rows["sample_id"].is_unique
    ranked = rows.assign(rank=_rank(rows, seed=seed))
    return ranked[ranked["rank"] < num].sort_values(["rank", "label"], ignore_index=True).drop(columns="rank")


def _rank(rows: pd.DataFrame, *, seed: int) -> pd.Series:
    """The place of each row in its class, from 0, in the order of the hashes."""
    drawn = [hashlib.sha256(f"sample:{seed}:{name}".encode()).hexdigest() for name in rows["sample_id"]]
    return rows.assign(drawn=drawn).sort_values("drawn").groupby("label").cumcount().reindex(rows.index)
