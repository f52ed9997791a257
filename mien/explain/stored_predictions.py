"""Whether the stored predictions are those of the model that is explained, on the test images of the splits. K classes."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mien.core import paths
from mien.core.errors import TableError
from mien.explain.subject import Subject
from mien.models.predict import predict_logits
from mien.store.faces import FaceSet

NUM_CHECKED = 16
"""test images predicted anew, to see that the predictions are this model's"""


def check_images(predictions: pd.DataFrame, splits: pd.DataFrame, *, model: str, source: object) -> None:
    """Raises TableError unless the predictions are of the test images of the splits, and there are training images to compare them with."""
    test, training = (set(splits.loc[splits["split"] == name, "path"]) for name in ("test", "train"))
    if set(predictions["path"]) != test:
        raise TableError(f"{source} is not of the test images of {paths.SPLITS}; run `dvc repro evaluate@{model}` to make it anew")
    if not training:
        raise TableError(f"{paths.SPLITS} has no training images, among which to look for neighbours; run `dvc repro split`")


def check_predictions(predictions: pd.DataFrame, classes: Sequence[str], *, model: str, source: object) -> None:
    """Raises TableError if the predictions are none of a model with these classes; `source` is the file that errors name."""
    again = f"run `dvc repro evaluate@{model}` to make it anew"
    if predictions.empty:
        raise TableError(f"{source} has no test images; {again}")
    if strange := sorted((set(predictions["label"]) | set(predictions["predicted"])) - set(classes)):
        raise TableError(f"{source} holds {', '.join(map(repr, strange))}, none of the model's classes {', '.join(classes)}; {again}")
    if any(len(logits) != len(classes) for logits in predictions["logits"]):
        raise TableError(f"{source} must hold {len(classes)} logits per image, one for each class of models/{model}; {again}")
    logits_NK = np.stack(predictions["logits"].tolist())
    if not np.isfinite(logits_NK).all():
        raise TableError(f"{source} holds logits that are no numbers; {again}")
    if predictions["predicted"].tolist() != [classes[column] for column in logits_NK.argmax(axis=1)]:
        raise TableError(f"{source}: the classes predicted are not those of the largest logits, so the classes were others; {again}")


def check_same_model(stored_NK: np.ndarray, computed_NK: np.ndarray, *, model: str, source: object) -> None:
    """Raises TableError if logits of the same images, stored and computed anew, differ by more than other arithmetic explains."""
    spread = max(float(stored_NK.std()), 1e-3)
    if np.abs(stored_NK - computed_NK).mean() > 0.2 * spread:
        raise TableError(
            f"{source} holds predictions of other weights than those in models/{model}; run `dvc repro evaluate@{model}` to make it anew"
        )


def check_weights(subject: Subject, tested: pd.DataFrame, load: Callable[[pd.DataFrame], FaceSet], *, source: object) -> None:
    """Predicts the first images anew; raises TableError if the stored predictions are of other weights than the model's."""
    rows, config = tested.head(NUM_CHECKED), subject.config
    logits_NK = predict_logits(
        subject.model, load(rows).images_N3SS, input_px=config.input_px, precision=config.precision, device=subject.device
    )
    check_same_model(np.stack(rows["logits"].tolist()), logits_NK, model=config.name, source=source)
