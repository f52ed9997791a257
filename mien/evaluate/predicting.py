"""Predicts the test images with the networks of every seed, and the validation images with the network of the first seed."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mien.config.model import ModelConfig
from mien.models.build import ExpressionModel
from mien.models.predict import predict_logits
from mien.statistics.pooling import log_probabilities
from mien.store.faces import FaceSet


def predict_seeds(
    networks: Iterable[tuple[ExpressionModel, ModelConfig]],
    faces: FaceSet,
    test: pd.DataFrame,
    val: pd.DataFrame,
    *,
    device: str,
    tta: str = "none",
) -> list[pd.DataFrame]:
    """A table per network, first seed first: its rows with the new columns seed, logits and predicted (the class).

    The first network predicts test and validation images (to fit the temperature), the others only test images. `faces` contains
    each different sample_id of `test`, then of `val`, once: copies of one image are predicted once. All are predicted with the views of
    `tta`, so the temperature is fitted on logits like those of the test.
    """
    num_test = test["sample_id"].nunique()
    tested = FaceSet(faces.images[:num_test], faces.targets_N[:num_test], faces.sample_ids[:num_test])
    tables: list[pd.DataFrame] = []
    how = {"device": device, "tta": tta}
    for network, config in networks:
        if tables:
            tables.append(_predicted(network, config, tested, test, **how, progress=f"evaluate {config.name}, seed {config.seed}"))
        else:
            rows = pd.concat([test, val], ignore_index=True)
            tables.append(_predicted(network, config, faces, rows, **how, progress=f"evaluate {config.name}"))
    return tables


def _predicted(
    network: ExpressionModel, config: ModelConfig, faces: FaceSet, rows: pd.DataFrame, *, device: str, tta: str, progress: str
) -> pd.DataFrame:
    logits_NK = predict_logits(
        network, faces.images, input_px=config.input_px, precision=config.precision, device=device, tta=tta, progress=progress
    )
    logits = dict(zip(faces.sample_ids, logits_NK, strict=True))
    classes = {name: config.classes[logits_K.argmax()] for name, logits_K in logits.items()}
    ids = rows["sample_id"]
    return rows.assign(seed=config.seed, logits=ids.map(logits), predicted=ids.map(classes))


def calibrated(rows: pd.DataFrame, temperature: float) -> pd.DataFrame:
    """The rows (with logits) as CALIBRATED: with the logarithms of the probabilities after division by the temperature."""
    return rows.assign(log_probabilities=list(log_probabilities(np.stack(rows["logits"].to_list()), temperature=temperature)))
