import numpy as np
import pandas as pd
import pytest

from mien.core.errors import TableError
from mien.explain.stored_predictions import check_predictions, check_same_model
from tests.explain.drawn import CLASSES, predictions


def test_predictions_of_something_else_are_refused() -> None:
    def refused(rows: pd.DataFrame, match: str, classes: tuple[str, ...] = CLASSES) -> None:
        with pytest.raises(TableError, match=match) as caught:
            check_predictions(rows, classes, model="tiny", source="data/predictions/tiny.parquet")
        assert "dvc repro evaluate@tiny" in str(caught.value) and "tiny.parquet" in str(caught.value)

    rows = predictions(["angry", "happy", "sad"])
    check_predictions(rows, CLASSES, model="tiny", source="")
    refused(rows.head(0), "no test images")
    refused(rows.assign(label="contempt"), "'contempt', none of the model's classes")
    refused(rows, "4 logits per image", (*CLASSES, "fear"))
    refused(rows, "largest logits", ("sad", "happy", "angry")[:3])
    refused(rows.assign(logits=[np.full(3, np.nan, np.float32)] * 3), "not finite")


def test_logits_of_other_weights_are_refused_and_rounding_is_not() -> None:
    stored = np.random.default_rng(0).normal(size=(16, 3))
    check_same_model(stored, stored + 0.01, model="tiny", source="x")
    with pytest.raises(TableError, match="other weights"):
        check_same_model(stored, stored[::-1], model="tiny", source="x")
