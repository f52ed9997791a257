"""The test images on which a model is tested under corruptions, and the checks that everything belongs to the same model.

Legend: N images, K classes.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.core import paths
from mien.core.errors import TableError
from mien.explain.sampling import stratified
from mien.explain.stored_predictions import check_same_model
from mien.predict.answer import Answer
from mien.robustness.figures import Subject
from mien.split.units import units


def tested_rows(splits: pd.DataFrame, *, num: int, seed: int) -> pd.DataFrame:
    """`num` test rows of SPLITS, stratified by class and sorted by sample_id, with `unit` (what the bootstrap draws together).

    A picture with several rows counts once. Raises TableError if the test split is empty.
    """
    test = splits[splits["split"] == "test"].sort_values("path", ignore_index=True)
    if test.empty:
        raise TableError(f"{paths.SPLITS} has no test images; run `dvc repro split`")
    return stratified(test.assign(unit=units(test)).drop_duplicates("sample_id"), num=num, seed=seed)


def tested_subject(rows: pd.DataFrame, classes: Sequence[str]) -> Subject:
    """Actual classes and groups of the rows (label, unit)."""
    index = {name: number for number, name in enumerate(classes)}
    actual_N = np.array([index[label] for label in rows["label"]], dtype=np.int64)
    return Subject(actual_N, rows["unit"].to_numpy(dtype=str))


def check_answer(answer: Answer, classes: Sequence[str], *, model: str) -> None:
    """Raises TableError if the answer settings are not those of a model with these classes."""
    if answer.classes != list(classes):
        raise TableError(
            f"{paths.answer(model)} has the classes {', '.join(answer.classes)}, but models/{model} has {', '.join(classes)}; "
            f"run `dvc repro evaluate@{model}`"
        )


def check_clean(clean_NK: NDArray[np.float32], rows: pd.DataFrame, predictions: pd.DataFrame, *, model: str, source: object) -> None:
    """Raises TableError if the logits of the images as they are differ from those that `evaluate` stored by more than rounding."""
    stored = dict(zip(predictions["sample_id"], predictions["logits"], strict=True))
    if missing := set(rows["sample_id"]) - set(stored):
        raise TableError(f"{source} lacks {len(missing)} of the test images; run `dvc repro evaluate@{model}` to make it again")
    check_same_model(np.stack([stored[name] for name in rows["sample_id"]]), clean_NK, model=model, source=source)
