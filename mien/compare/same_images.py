"""Aligns the predictions of several models image by image; a comparison is only fair if all were tested on the same images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.core.errors import TableError
from mien.core.outputs import tested_by
from mien.statistics.metrics import Counts

COLUMNS = ["path", "sample_id", "label", "predicted"]
"""the columns that are needed of a model's predictions"""


@dataclass(frozen=True)
class SameImages:
    """N test images in the order of their paths; classes are indices into `classes`."""

    classes: tuple[str, ...]
    actual_N: Counts
    predicted: Mapping[str, Counts]
    """by model, in the order given; N each"""
    groups_N: NDArray[np.int64]
    """images with the same number are drawn together"""

    @property
    def num_groups(self) -> int:
        return int(self.groups_N.max()) + 1


def same_images(predictions: Mapping[str, pd.DataFrame], *, against: str, classes: Sequence[str], groups: Mapping[str, str]) -> SameImages:
    """Aligns the predictions (COLUMNS) of all models with those of `against`; `groups` gives, by the path of each image of the
    test split, the group that is drawn together.

    Raises TableError if the models were not all tested on the same images under the same labels, on a class that is not in `classes`, or
    on other images than those of `groups`.
    """
    rows = {model: frame[COLUMNS].sort_values("path", ignore_index=True) for model, frame in predictions.items()}
    reference = rows[against]
    if reference.empty:
        raise TableError(f"the predictions of {against} contain no test images; run `dvc repro {tested_by(against)}`")
    for model, frame in rows.items():
        if unknown := sorted({*frame["label"], *frame["predicted"]} - set(classes)):
            raise TableError(f"the predictions of {model} contain classes that params.yaml lacks: {', '.join(unknown)}; run `dvc repro`")
        if not frame[COLUMNS[:3]].equals(reference[COLUMNS[:3]]):
            raise TableError(
                f"{model} ({len(frame)} images) and {against} ({len(reference)} images) were not tested on the same images under the same "
                f"labels; run `dvc repro`, or name only models that were"
            )
    tested = set(reference["path"])
    for paths, what in ((tested - set(groups), "was tested on {}, which is not"), (set(groups) - tested, "was not tested on {}, which is")):
        if paths:
            raise TableError(f"{against} {what.format(min(paths))} in the test split ({len(paths)} such images); run `dvc repro`")
    index = {name: number for number, name in enumerate(classes)}
    return SameImages(
        classes=tuple(classes),
        actual_N=np.array([index[name] for name in reference["label"]], dtype=np.int64),
        predicted={model: np.array([index[name] for name in frame["predicted"]], dtype=np.int64) for model, frame in rows.items()},
        groups_N=np.unique(reference["path"].map(groups).to_numpy(dtype=str), return_inverse=True)[1],
    )
