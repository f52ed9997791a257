"""Grad-CAM maps of the same test images after several epochs of the training, as in Figure 7 of Zhu et al. 2025.

The images are drawn by a hash of their content, so all models that are tested on the same images show the same ones, whatever they predict.
Each map is for the image's actual class, so that only the model changes from one epoch to the next. The paper shows training images of
RAF-DB; here they are test images. Shapes: N images, S×S stored side, h×w grid, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mien.config.sections.explain import BEST, ExplainParams
from mien.core.errors import TableError
from mien.core.outputs import damaged
from mien.explain.album import Album
from mien.explain.gradcam import normalised, upsampled
from mien.explain.sampling import of_each_class
from mien.explain.sheet import Cell, Strip, contact_sheet
from mien.explain.subject import Subject
from mien.models.predict import predict_logits
from mien.models.store import describe_model, load_epoch
from mien.models.weights import DESCRIPTION
from mien.predict.drawing.overlay import overlay
from mien.statistics.calibration import probabilities
from mien.store.face_images import Images


@dataclass(frozen=True)
class Column:
    """The weights after one epoch."""

    epoch: int
    is_best: bool
    """whether they are those of the model itself"""

    @property
    def name(self) -> str:
        """A heading for people."""
        return f"epoch {self.epoch}, best" if self.is_best else f"epoch {self.epoch}"


@dataclass(frozen=True)
class Epochs:
    """The epochs whose maps are shown, of the model in `folder`."""

    folder: Path
    columns: Sequence[Column]
    not_reached: Sequence[int]
    """epochs that were asked for, but that come after the end of the training"""
    num_trained: int


def read_epochs(folder: Path, how: ExplainParams) -> Epochs | None:
    """The epochs that `how` asks for of the model in `folder`, or None if it asks for none.

    Raises TableError if the training of the model did not keep the weights of one of them.
    """
    if not how.epochs:
        return None
    description = describe_model(folder)
    record, kept = description.training, description.epochs_sha256
    num_trained, best = (record.get(name) for name in ("epochs", "best_epoch"))
    if not isinstance(num_trained, int) or not isinstance(best, int):
        raise damaged(folder / DESCRIPTION, "does not say after how many epochs the training ended", stage=f"train@{folder.name}")
    reached = [epoch for epoch in how.epochs if epoch == BEST or epoch <= num_trained]
    if lacking := [str(epoch) for epoch in reached if epoch != BEST and str(epoch) not in kept]:
        raise TableError(
            f"{folder} has no weights after epoch {' and '.join(lacking)}, whose maps explain.epochs asks for; "
            f"run `dvc repro train@{folder.name}` to train it again and keep them"
        )
    columns = [Column(best, True) if epoch == BEST else Column(epoch, False) for epoch in reached]
    not_reached = sorted(epoch for epoch in how.kept_epochs if epoch > num_trained)
    return Epochs(folder, columns, not_reached, num_trained)


def fixed_images(tested: pd.DataFrame, classes: Sequence[str], *, num: int, seed: int) -> pd.DataFrame:
    """Return `num` rows of `tested` of each class, in the order of the classes; of several copies of one picture, one at most."""
    drawn = of_each_class(tested.drop_duplicates("sample_id").drop_duplicates("group_id"), num=num, seed=seed)
    place = {name: number for number, name in enumerate(classes)}
    return drawn.sort_values("label", key=lambda labels: labels.map(place), kind="stable", ignore_index=True)


def epoch_entries(subject: Subject, epochs: Epochs, rows: pd.DataFrame, images: Images, album: Album, *, tta: str) -> dict[str, Any]:
    """Return the content of epochs.json for the rows that `fixed_images` chose, whose faces are `images`.

    Predictions are those of each epoch's weights with the views of `tta`, without a temperature.
    """
    targets_N = subject.numbers(rows["label"])
    cells: list[list[dict[str, Any]]] = [[] for _ in range(len(rows))]
    for column in epochs.columns:
        own = subject if column.is_best else replace(subject, model=load_epoch(epochs.folder, column.epoch))
        maps_Nhw = own.maps(images, targets_N[:, None], doing=f"maps of {column.name}")[:, 0]
        maps_NSS = normalised(upsampled(maps_Nhw, images.side_px)).numpy()
        config = subject.config
        logits_NK = predict_logits(own.model, images, input_px=config.input_px, precision=config.precision, device=subject.device, tta=tta)
        shares_NK = probabilities(logits_NK)
        for number, sample_id in enumerate(rows["sample_id"]):
            face_SS3 = album.picture(album.face(sample_id))
            predicted = int(np.argmax(shares_NK[number]))
            cells[number].append(
                {
                    "predicted": subject.classes[predicted],
                    "probability": round(float(shares_NK[number, predicted]), 6),
                    "map": album.add(f"epoch/{BEST if column.is_best else column.epoch}/{sample_id}", overlay(face_SS3, maps_NSS[number])),
                }
            )
    return {
        "columns": [{"epoch": column.epoch, "is_best": column.is_best, "name": column.name} for column in epochs.columns],
        "not_reached": list(epochs.not_reached),
        "num_epochs": epochs.num_trained,
        "images": [
            {"path": path, "sample_id": sample_id, "actual": label, "face": album.face(sample_id), "cells": own_cells}
            for path, sample_id, label, own_cells in zip(rows["path"], rows["sample_id"], rows["label"], cells, strict=True)
        ],
    }


def epoch_sheet(found: dict[str, Any], album: Album, *, title: str) -> bytes:
    """Return epochs.jpg: a row per image, in which the face is followed by its map after each epoch, above class and probability."""
    strips = [
        Strip(
            f"actual {entry['actual']}",
            [
                Cell([album.picture(entry["face"])], ""),
                *(Cell([album.picture(cell["map"])], f"{cell['predicted']} {cell['probability']:.2f}") for cell in entry["cells"]),
            ],
        )
        for entry in found["images"]
    ]
    return contact_sheet(title, strips, headings=["face", *(column["name"] for column in found["columns"])], picture_px=112)
