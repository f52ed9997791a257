"""Which images stand for many: the same share of each class, drawn by a hash, so that no order of rows matters."""

import hashlib
from collections import Counter

import pandas as pd

from mien.split.thinning import reduce_alike


def stratified(rows: pd.DataFrame, *, num: int, seed: int) -> pd.DataFrame:
    """`num` of the rows (columns sample_id, label), sorted by sample_id, at least one of each class; 0, or more than there are, takes all.

    sample_id must be unique. With the same seed a smaller sample is part of a larger one. The hash is not that of the splits: by that one
    a test image of no group is late in the order, and images of persons with many would crowd it out.
    """
    assert rows["sample_id"].is_unique
    if not num or len(rows) <= num:
        return rows.sort_values("sample_id", ignore_index=True)
    counts = dict(sorted(Counter(rows["label"]).items()))
    kept = reduce_alike(counts, max_train=max(num, len(counts)))
    drawn = [hashlib.sha256(f"sample:{seed}:{name}".encode()).hexdigest() for name in rows["sample_id"]]
    rank = rows.assign(drawn=drawn).sort_values("drawn").groupby("label").cumcount().reindex(rows.index)
    return rows[rank < rows["label"].map(kept)].sort_values("sample_id", ignore_index=True)
