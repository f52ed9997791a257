"""The inputs of the stage `evaluate` besides the model: the training record that the test is compared with, and the images to predict."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mien.core import paths
from mien.core.errors import TableError
from mien.core.outputs import missing, read_json_output
from mien.split.units import units


@dataclass(frozen=True)
class Training:
    """What a training recorded: its record, and the last row of its curves."""

    record: dict[str, Any]
    last_epoch: dict[str, float]


def read_training(record_path: Path, curves_path: Path, *, model: str, classes: Sequence[str]) -> Training:
    """The training of `model`. Raises TableError if a file is missing, or is not of a model with these classes."""
    again = f"run `dvc repro --force train@{model}` (or `dvc checkout`) to make them again"
    try:
        record = read_json_output(record_path)
        curves = pd.read_csv(curves_path)
    except FileNotFoundError:
        raise missing(curves_path) from None
    except ValueError as error:
        raise TableError(f"{curves_path} is not valid CSV ({error}); {again}") from None
    if curves.empty or list(record.get("class_counts", ())) != list(classes):
        raise TableError(f"{record_path} and {curves_path} do not belong to {paths.model(model)}; {again}")
    return Training(record, {str(name): float(value) for name, value in curves.iloc[-1].items()})


def rows_to_predict(splits: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test and validation rows of SPLITS, sorted by path, with `unit`: the group that is drawn together in a bootstrap.

    Raises TableError if the test or the validation split is empty.
    """
    rows, parts = splits.sort_values("path"), []
    for split, name in (("test", "test"), ("val", "validation")):
        part = rows[rows["split"] == split].reset_index(drop=True)
        if part.empty:
            raise TableError(f"{paths.SPLITS} has no {name} images; run `dvc repro split`")
        parts.append(part.assign(unit=units(part)))
    return parts[0], parts[1]


def training_counts(splits: pd.DataFrame, classes: Sequence[str]) -> dict[str, int]:
    """The number of training rows of SPLITS by class."""
    labels = splits.loc[splits["split"] == "train", "label"]
    return {name: int((labels == name).sum()) for name in classes}
