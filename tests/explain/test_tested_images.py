import numpy as np
import pandas as pd
from scipy.special import softmax

from mien.explain.tested_images import FIGURES, described
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
