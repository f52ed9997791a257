import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from mien.core.errors import TableError
from mien.explain.test_images import FIGURES, check_predictions, check_same_model, described
from tests.explain.drawn import CLASSES, predictions


def joined(rows: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    figures = pd.DataFrame({name: np.arange(len(rows), dtype=float) for name in FIGURES})
    return described(rows, CLASSES, figures=figures, files=files).set_index("path")


def test_probabilities_are_those_of_the_logits() -> None:
    rows = predictions(["angry", "happy", "sad", "sad"])
    found = joined(rows, pd.DataFrame({"path": rows["path"], "group_id": rows["path"], "label": rows["label"]}))
    expected = softmax(np.stack(rows["logits"]).astype(float), axis=1)
    np.testing.assert_allclose(np.stack(found["probabilities"]), expected)
    np.testing.assert_allclose(found["probability"], expected.max(axis=1))
    np.testing.assert_allclose(found["p_actual"], expected[range(4), [0, 1, 2, 2]])
    assert found["right"].tolist() == (rows["label"] == rows["predicted"]).tolist()


def test_twins_are_the_other_labels_of_the_same_picture() -> None:
    rows = predictions(["angry", "happy", "sad"])
    files = pd.DataFrame(
        {
            "path": ["0000.png", "copy.png", "other.png", "0001.png", "0002.png", "unlabelled.png"],
            "group_id": ["a", "a", "a", "b", "c", "c"],
            "label": ["angry", "sad", "happy", "happy", "sad", None],
        }
    )
    found = joined(rows, files)
    assert found["twins"].tolist() == [("happy", "sad"), (), ()]
    assert found["group_id"].tolist() == ["a", "b", "c"]
    assert found["num_copies"].tolist() == [3, 1, 2] and found["twin_conflict"].tolist() == [1, 0, 0]


def test_figures_follow_their_image_when_rows_are_put_in_order() -> None:
    rows = predictions(["angry", "happy", "sad"]).iloc[::-1].reset_index(drop=True)
    found = joined(rows, pd.DataFrame({"path": rows["path"], "group_id": rows["path"], "label": rows["label"]}))
    assert found.index.tolist() == ["0000.png", "0001.png", "0002.png"] and found["sharpness"].tolist() == [2.0, 1.0, 0.0]


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
    refused(rows.assign(logits=[np.full(3, np.nan, np.float32)] * 3), "no numbers")


def test_logits_of_other_weights_are_refused_and_rounding_is_not() -> None:
    stored = np.random.default_rng(0).normal(size=(16, 3))
    check_same_model(stored, stored + 0.01, model="tiny", source="x")
    with pytest.raises(TableError, match="other weights"):
        check_same_model(stored, stored[::-1], model="tiny", source="x")
