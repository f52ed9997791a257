"""Stratified splits that keep duplicate groups, scenes and subjects whole, exact to within one group per class.

placement.py decides how many units go to each split. A hash of seed and unit decides which ones, so the split does not depend on the order
of rows, and adding a photograph moves only few others.
"""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mien.core.errors import LabelError, TooFewImages
from mien.core.plural import noun_of, plural
from mien.split.placement import place
from mien.split.units import units


def assign(rows: pd.DataFrame, fractions: Mapping[str, float], *, classes: Sequence[str], seed: int) -> pd.Series:
    """The split of each row (sample_id, label, scene_id, subject), in proportion to `fractions`, with the same index.

    Raises LabelError if a class has fewer units than there are splits, or if it shares so many units with other classes that no placement
    was found.
    """
    unit = units(rows)
    _require_enough(rows["label"], unit, classes, fractions)
    counts = pd.crosstab(unit, rows["label"]).reindex(columns=list(classes), fill_value=0)
    counts = counts.loc[sorted(counts.index, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).hexdigest())]
    vectors, kind = np.unique(counts.to_numpy(np.int64), axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    placed = place(vectors, np.bincount(kind), np.array(list(fractions.values())))
    for name, fewest in zip(classes, (placed.T @ vectors).min(axis=0), strict=True):
        if fewest == 0:
            raise LabelError(
                f"{name} cannot be spread over {', '.join(fractions)} without separating subjects, scenes or duplicates; "
                f"add images of {name} of further people, or drop the class with labels.drop"
            )
    by_kind = counts.index[np.argsort(kind, kind="stable")]
    split_of = dict(zip(by_kind, np.concatenate([np.repeat(list(fractions), row) for row in placed]), strict=True))
    return pd.Series([str(split_of[name]) for name in unit], rows.index, dtype=object)


def _require_enough(label: pd.Series, unit: pd.Series, classes: Sequence[str], fractions: Mapping[str, float]) -> None:
    """Raises TooFewImages naming every class with fewer units than there are splits."""
    faults = {}
    for name in classes:
        its = label == name
        if (num_units := unit[its].nunique()) < len(fractions):
            num_images = int(its.sum())
            alike = (
                ""
                if num_units == num_images
                else f" but only {plural(num_units, 'subject')}, {noun_of(num_units, 'scene')} or {noun_of(num_units, 'duplicate group')}"
            )
            faults[name] = (
                f"{name} has {plural(num_images, 'image')}{alike}; at least {len(fractions)} are needed for {', '.join(fractions)}"
            )
    if faults:
        raise TooFewImages(faults)
