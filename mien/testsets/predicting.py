"""The inputs of a cross-dataset evaluation: the faces of a test set as the model takes them, and its predictions for its own test split."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mien.core import paths
from mien.core.errors import TableError
from mien.evaluate.inputs import rows_to_predict
from mien.evaluate.predictions import Predictions
from mien.predict.answer import Answer
from mien.split.units import units
from mien.store.decoding import Decoding
from mien.store.faces import FaceSet, load_faces
from mien.store.tables import read_predictions
from mien.testsets.grey import Grey


def rows_to_test(splits: pd.DataFrame) -> pd.DataFrame:
    """The rows of SPLITS of a test set, sorted by path, with `unit`, as `rows_to_predict` gives those of the main source."""
    rows = splits.sort_values("path", ignore_index=True)
    return rows.assign(unit=units(rows))


def faces_to_test(folder: Path, rows: pd.DataFrame, answer: Answer, *, decoding: Decoding) -> FaceSet:
    """Each different face of the rows once, as `mien predict` gives it to the model: in its size, and grey if training had no colour.

    Raises TableError if the test set has labels that are no class of the model.
    """
    images = rows.drop_duplicates("sample_id")
    faces = load_faces(folder, images, classes=answer.classes, max_px=answer.size_px, decoding=decoding)
    return replace(faces, images=Grey(faces.images)) if answer.grey else faces


def own_predictions(model: str, splits: pd.DataFrame, classes: Sequence[str]) -> Predictions:
    """The predictions of the model's first seed for the test split of the main source, of whose SPLITS `splits` are the rows.

    Raises TableError if the predictions are of another split.
    """
    test, _ = rows_to_predict(splits)
    known = read_predictions(paths.predictions(model), columns=["path", "logits"])
    if set(known["path"]) != set(test["path"]):
        raise TableError(f"{paths.predictions(model)} is not of the test split in {paths.SPLITS}; run `dvc repro evaluate@{model}`")
    return Predictions.of_table(test.merge(known, on="path"), classes)
