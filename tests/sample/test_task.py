"""That the embedded set is a fair task: faces differ, and neither colour nor coarse brightness gives the expression away."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mien.sample.mess import File
from tests.drawn import Drawn, squares, survivors


@pytest.fixture(scope="module")
def kept(drawn: Drawn) -> list[tuple[File, Image.Image]]:
    return survivors(drawn)


def _histograms(pictures: list[Image.Image]) -> npt.NDArray[np.float64]:
    return np.stack(
        [np.array(picture.histogram(), dtype=np.float64).reshape(48, 16).sum(axis=1) for picture in (p.resize((96, 96)) for p in pictures)]
    )


def _thumbnails(pictures: list[Image.Image], mode: str) -> npt.NDArray[np.float64]:
    return squares(pictures, 8, mode).reshape(len(pictures), -1)


@pytest.mark.parametrize("strength", [0.01, 1.0])
@pytest.mark.parametrize("features", ["histogram", "grey", "colour"])
def test_logistic_regression_on_coarse_features_stays_below_one_half(
    kept: list[tuple[File, Image.Image]], features: str, strength: float
) -> None:
    labels = np.array([file.label for file, _ in kept])
    pictures = [picture for _, picture in kept]
    found = {
        "histogram": lambda: _histograms(pictures),
        "grey": lambda: _thumbnails(pictures, "L"),
        "colour": lambda: _thumbnails(pictures, "RGB"),
    }[features]()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, class_weight="balanced", max_iter=3000))
    predicted = cross_val_predict(model, found, labels, cv=StratifiedKFold(5, shuffle=True, random_state=0))
    assert f1_score(labels, predicted, average="macro") < 0.5


def test_no_two_faces_look_like_the_same_picture(kept: list[tuple[File, Image.Image]]) -> None:
    thumbnails = np.stack([np.asarray(picture.convert("L").resize((48, 48)), dtype=np.float64) for _, picture in kept])

    def standardised(faces: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        flat = faces.reshape(len(faces), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    upright, flipped = standardised(thumbnails), standardised(thumbnails[:, :, ::-1])
    assert (upright @ upright.T - 2 * np.eye(len(upright))).max() < 0.9
    assert (upright @ flipped.T - 2 * np.eye(len(upright))).max() < 0.9
