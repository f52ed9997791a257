"""Whose features judge the labels, where doubts.model names no model."""

from collections.abc import Collection

from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import read_json


def best_on_validation(models: Collection[str]) -> str:
    """The model of best macro-F1 on validation, of several the first; the test split has no say."""
    found = {}
    for model in models:
        try:
            found[model] = float(read_json(paths.train_metrics(model))["val"]["macro_f1"])
        except FileNotFoundError:
            raise TableError(
                f"{paths.train_metrics(model)} is missing; run `dvc repro train@{model}`, or name a trained model in doubts.model"
            ) from None
    return max(found, key=lambda model: found[model])
