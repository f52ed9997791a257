"""The test images as explanations need them: predictions, picture and face figures, copies. A row per image. K classes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mien.core.errors import TableError
from mien.statistics.calibration import probabilities

FIGURES = ("sharpness", "brightness", "contrast", "face_px", "score")
"""taken over from the columns that test figures are sliced by"""


def described(predictions: pd.DataFrame, classes: Sequence[str], *, figures: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """The rows of `predictions` (PREDICTIONS, of one split and seed), by path, with what explanations ask of them.

    `figures` has FIGURES, a row for each of `predictions` in the same order; `files` has path, group_id and label, a row for every readable
    file of the source. New columns: `probabilities` (K numbers), `probability` (of the predicted class), `p_actual`, `right`, `group_id`,
    `num_copies` (files that show the same picture, itself included), `twins` (other labels among those, in the order of the classes),
    `twin_conflict` (0 or 1), and FIGURES.
    """
    rows = predictions.reset_index(drop=True)
    probabilities_NK = probabilities(np.stack(rows["logits"].tolist()))
    place = {name: number for number, name in enumerate(classes)}
    every = np.arange(len(rows))
    copies = _copies(files)
    group_of = dict(zip(files["path"], files["group_id"], strict=True))
    twins = [_twins(copies.get(path, ()), label, classes) for path, label in zip(rows["path"], rows["label"], strict=True)]
    return (
        rows.assign(
            probabilities=list(probabilities_NK),
            probability=probabilities_NK[every, rows["predicted"].map(place)],
            p_actual=probabilities_NK[every, rows["label"].map(place)],
            right=rows["label"] == rows["predicted"],
            group_id=[group_of.get(path, own) for path, own in zip(rows["path"], rows["sample_id"], strict=True)],
            num_copies=[max(1, len(copies.get(path, ()))) for path in rows["path"]],
            twins=pd.Series(twins, rows.index, dtype=object),
            twin_conflict=[int(bool(others)) for others in twins],
            **{name: figures[name].to_numpy(np.float64) for name in FIGURES},
        )
        .sort_values("path", ignore_index=True)
        .drop(columns=["split", "seed"])
    )


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


def _copies(files: pd.DataFrame) -> dict[str, list[str | None]]:
    """By path, the labels of all files that show the same picture."""
    by_group: dict[str, list[str | None]] = {}
    for group, label in zip(files["group_id"], files["label"], strict=True):
        by_group.setdefault(group, []).append(label if isinstance(label, str) else None)  # missing ones come as None or NaN
    return {path: by_group[group] for path, group in zip(files["path"], files["group_id"], strict=True)}


def _twins(labels: Sequence[str | None], own: str, classes: Sequence[str]) -> tuple[str, ...]:
    others = {label for label in labels if label is not None and label != own}
    return tuple(sorted(others, key=lambda name: (list(classes).index(name) if name in classes else len(classes), name)))
