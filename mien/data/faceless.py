"""What becomes of files whose picture shows no face."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from mien.data.squares import Sighting


def always_kept(labels: pd.DataFrame, *, official: bool, on_missing: Literal["quarantine", "fit"]) -> "pd.Series[bool]":
    """Which rows of the label table stay even without a face: all by `fit`, else the files of an official test split."""
    if on_missing == "fit":
        return pd.Series(True, index=labels.index)
    return (labels["subset"] == "test") & official


def removed_rows(labels: pd.DataFrame, sightings: Mapping[str, Sighting], *, min_score: float) -> pd.DataFrame:
    """The rows of `labels` whose picture was searched and shows no face, as rows of the table of fates, by path."""
    rows = []
    for path, sample_id in sorted(zip(labels["path"], labels["sample_id"], strict=True)):
        sighting = sightings.get(sample_id)
        if sighting is not None and sighting.num_faces == 0:
            best = "nothing like a face" if sighting.best_score is None else f"best score {sighting.best_score:.2f}, under {min_score:g}"
            rows.append((path, sample_id, "quarantined", "align", "no_face", best))
    return pd.DataFrame(rows, columns=["path", "sample_id", "fate", "stage", "reason", "detail"])
