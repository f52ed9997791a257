"""Decides what happens to files in which no face was found."""

import math
from collections.abc import Mapping
from typing import Literal

import pandas as pd

from mien.align.squares import Sighting


def always_kept(labels: pd.DataFrame, *, official: bool, on_missing: Literal["quarantine", "fit"]) -> "pd.Series[bool]":
    """A mask of the label rows that stay even without a face: all rows for `fit`, otherwise the files of an official test split."""
    if on_missing == "fit":
        return pd.Series(True, index=labels.index)
    return (labels["subset"] == "test") & official


def removed_rows(labels: pd.DataFrame, sightings: Mapping[str, Sighting], *, min_score: float, is_given: bool = False) -> pd.DataFrame:
    """The rows of `labels` whose image was searched and shows no face, as rows of FATES sorted by path.

    `is_given` means that faces are not detected, but given by the data set (faces.detector: given).
    """
    rows = []
    for path, sample_id in sorted(zip(labels["path"], labels["sample_id"], strict=True)):
        sighting = sightings.get(sample_id)
        if sighting is not None and sighting.num_faces == 0:
            detail = "the data set gives no box" if is_given else _detail(sighting, min_score=min_score)
            rows.append((path, sample_id, "quarantined", "align", "no_face", detail))
    return pd.DataFrame(rows, columns=["path", "sample_id", "fate", "stage", "reason", "detail"])


def _detail(sighting: Sighting, *, min_score: float) -> str:
    best = "nothing like a face" if sighting.best_score is None else f"best score {_floor(sighting.best_score)}, under {min_score:g}"
    if sighting.doubted is None:
        return best
    return f"{best}; turned by {sighting.doubted.turn_deg} degrees {_floor(sighting.doubted.score)}, not sure enough to turn it"


def _floor(score: float) -> str:
    """Two decimals, rounded down, so that a score below a threshold is not printed as the threshold."""
    return f"{math.floor(100 * score + 1e-9) / 100:.2f}"
