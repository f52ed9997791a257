"""Checks that the stored predictions are from the explained model and for the test images of the splits. K classes."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mien.core import paths
from mien.core.errors import TableError
from mien.explain.subject import Subject
from mien.models.predict import predict_logits
from mien.store.faces import FaceSet

NUM_CHECKED = 16
"""number of test images that are predicted again, to check that the stored predictions are from this model"""


def check_images(predictions: pd.DataFrame, splits: pd.DataFrame, *, model: str, source: object) -> None:
    """Raise TableError unless the predictions are for the test images of the splits, and there are training images to compare them with."""
    test, training = (set(splits.loc[splits["split"] == name, "path"]) for name in ("test", "train"))
    if set(predictions["path"]) != test:
        raise TableError(f"{source} does not match the test images in {paths.SPLITS}; run `dvc repro evaluate@{model}` to make it again")
    if not training:
        raise TableError(f"{paths.SPLITS} has no training images, which are needed to find neighbours; run `dvc repro split`")


def check_predictions(predictions: pd.DataFrame, classes: Sequence[str], *, model: str, source: object) -> None:
    """Raise TableError if the predictions are not from a model with these classes; `source` is the file that errors name."""
    again = f"run `dvc repro evaluate@{model}` to make it again"
    if predictions.empty:
        raise TableError(f"{source} has no test images; {again}")
    if strange := sorted((set(predictions["label"]) | set(predictions["predicted"])) - set(classes)):
        raise TableError(f"{source} contains {', '.join(map(repr, strange))}, none of the model's classes {', '.join(classes)}; {again}")
    if any(len(logits) != len(classes) for logits in predictions["logits"]):
        raise TableError(f"{source} must contain {len(classes)} logits per image, one for each class of models/{model}; {again}")
    logits_NK = np.stack(predictions["logits"].tolist())
    if not np.isfinite(logits_NK).all():
        raise TableError(f"{source} contains logits that are not finite; {again}")
    if predictions["predicted"].tolist() != [classes[column] for column in logits_NK.argmax(axis=1)]:
        raise TableError(f"{source}: the predicted classes are not those with the largest logits, so the classes have changed; {again}")


def check_same_model(stored_NK: np.ndarray, computed_NK: np.ndarray, *, model: str, source: object) -> None:
    """Raise TableError if stored and recomputed logits of the same images differ by more than numerical error explains."""
    spread = max(float(stored_NK.std()), 1e-3)
    if np.abs(stored_NK - computed_NK).mean() > 0.2 * spread:
        raise TableError(
            f"{source} has predictions of other weights than those in models/{model}; run `dvc repro evaluate@{model}` to make it again"
        )


def check_weights(subject: Subject, tested: pd.DataFrame, load: Callable[[pd.DataFrame], FaceSet], *, tta: str, source: object) -> None:
    """Predict the first images again, with the views of `tta`, and raise TableError if the stored predictions are from other weights."""
    rows, config = tested.head(NUM_CHECKED), subject.config
    logits_NK = predict_logits(
        subject.model, load(rows).images, input_px=config.input_px, precision=config.precision, device=subject.device, tta=tta
    )
    check_same_model(np.stack(rows["logits"].tolist()), logits_NK, model=config.name, source=source)
