"""Test images as `described` gives them, drawn."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mien.explain.tested_images import FIGURES, described

CLASSES = ("angry", "happy", "sad")


def sample_id(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def predictions(labels: Sequence[str], *, predicted: Sequence[str] | None = None, seed: int = 0) -> pd.DataFrame:
    """Rows of PREDICTIONS; without `predicted` the logits are drawn."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(labels), len(CLASSES))).astype(np.float32)
    for row, name in enumerate(predicted or ()):
        logits[row, CLASSES.index(name)] = logits[row].max() + rng.uniform(0.1, 3)
    return pd.DataFrame(
        {
            "path": [f"{row:04d}.png" for row in range(len(labels))],
            "sample_id": [sample_id(row) for row in range(len(labels))],
            "label": list(labels),
            "split": "test",
            "seed": 42,
            "predicted": [CLASSES[column] for column in logits.argmax(axis=1)],
            "logits": list(logits),
            "flag": None,
        }
    )


def drawn_rows(labels: Sequence[str], *, predicted: Sequence[str] | None = None, seed: int = 0) -> pd.DataFrame:
    rows = predictions(labels, predicted=predicted, seed=seed)
    rng = np.random.default_rng(seed)
    figures = pd.DataFrame({name: rng.uniform(1, 100, len(rows)) for name in FIGURES})
    files = pd.DataFrame({"path": rows["path"], "group_id": rows["sample_id"], "label": rows["label"]})
    return described(rows, CLASSES, figures=figures, files=files)
