"""The test images with what explanations need: predictions, properties of image and face, and copies. One row per image. K classes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.config.sections.labels import LabelParams
from mien.sanitise.labels import classify
from mien.split.units import units
from mien.statistics.calibration import probabilities
from mien.store.clips import wholes, with_clips

FIGURES = ("sharpness", "brightness", "contrast", "face_px", "score")
"""columns that are copied from those by which test metrics are sliced"""


def join_tested_images(
    predictions: pd.DataFrame,
    splits: pd.DataFrame,
    *,
    classes: Sequence[str],
    files: pd.DataFrame,
    columns: pd.DataFrame,
    landmarks: Mapping[str, NDArray[np.float64]],
) -> pd.DataFrame:
    """Return the rows of `predictions` as returned by `described` with `columns` and `files`, plus two columns.

    These are `unit` (images of one unit are resampled together in a bootstrap) and `landmarks` (by sample_id).
    """
    test = splits[splits["split"] == "test"]
    unit = dict(zip(test["path"], units(test.reset_index(drop=True)), strict=True))
    tested = described(predictions, classes, figures=columns, files=files)
    own = pd.Series([landmarks[name] for name in tested["sample_id"]], tested.index, dtype=object)
    return tested.assign(unit=tested["path"].map(unit), landmarks=own)


def labelled_copies(files: pd.DataFrame, duplicates: pd.DataFrame, labels: LabelParams) -> pd.DataFrame:
    """Return path, group_id, label (the class, or None) and clip of every readable file of the source, from FILES and DUPLICATES."""
    grouped = duplicates[["path", "group_id"]].merge(with_clips(files), on="path")
    return grouped.assign(label=classify(grouped["label_raw"], labels))


def described(predictions: pd.DataFrame, classes: Sequence[str], *, figures: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `predictions` (PREDICTIONS, of one split and seed), sorted by path, with the columns that explanations need.

    `figures` has the columns FIGURES, with a row for each row of `predictions` in the same order. `files` has path, group_id and label,
    with a row for every readable file of the source. New columns are `probabilities` (K numbers), `probability` (of the predicted class),
    `p_actual`, `right`, `group_id`, `num_copies` (number of files that show the same picture, including this one), `twins` (other labels of
    these files, in the order of the classes), `twin_conflict` (0 or 1), and FIGURES.
    """
    rows = predictions.reset_index(drop=True)
    probabilities_NK = probabilities(np.stack(rows["logits"].tolist()))
    place = {name: number for number, name in enumerate(classes)}
    every = np.arange(len(rows))
    copies = _copies(files)
    group_of = dict(zip(files["path"], files["group_id"], strict=True))
    twins = [_twins(copies.get(path, ()), label, classes) for path, label in zip(rows["path"], rows["label"], strict=True)]
    return (
        rows.assign(
            probabilities=list(probabilities_NK),
            probability=probabilities_NK[every, rows["predicted"].map(place)],
            p_actual=probabilities_NK[every, rows["label"].map(place)],
            right=rows["label"] == rows["predicted"],
            group_id=[group_of.get(path, own) for path, own in zip(rows["path"], rows["sample_id"], strict=True)],
            num_copies=[max(1, len(copies.get(path, ()))) for path in rows["path"]],
            twins=pd.Series(twins, rows.index, dtype=object),
            twin_conflict=[int(bool(others)) for others in twins],
            **{name: figures[name].to_numpy(np.float64) for name in FIGURES},
        )
        .sort_values("path", ignore_index=True)
        .drop(columns=["split", "seed"])
    )


def _copies(files: pd.DataFrame) -> dict[str, list[str | None]]:
    """The labels of all files that show the same picture, by path; a clip is one file with one picture here."""
    by_group: dict[str, list[str | None]] = {}
    own = files.assign(whole=wholes(files)).drop_duplicates(["group_id", "whole", "label"])
    for group, label in zip(own["group_id"], own["label"], strict=True):
        by_group.setdefault(group, []).append(label if isinstance(label, str) else None)  # missing labels are None or NaN
    return {path: by_group[group] for path, group in zip(files["path"], files["group_id"], strict=True)}


def _twins(labels: Sequence[str | None], own: str, classes: Sequence[str]) -> tuple[str, ...]:
    others = {label for label in labels if label is not None and label != own}
    return tuple(sorted(others, key=lambda name: (list(classes).index(name) if name in classes else len(classes), name)))
