"""Whose features judge the labels, where doubts.model names no model."""

from collections.abc import Collection

from mien.core import paths
from mien.core.outputs import read_json_output


def best_on_validation(models: Collection[str]) -> str:
    """The model of best macro-F1 on validation, of several the first; the test split has no say. Raises TableError if a record is missing."""
    found = {}
    for model in models:
        record = read_json_output(paths.train_metrics(model), otherwise=", or name a trained model in doubts.model")
        found[model] = float(record["val"]["macro_f1"])
    return max(found, key=lambda model: found[model])
