"""The choice of the model whose features judge the labels if doubts.model names no model."""

from collections.abc import Collection

from mien.core import paths
from mien.core.outputs import read_json_output


def best_on_validation(models: Collection[str]) -> str:
    """Return the model with the best validation macro-F1, or the first of several; the test split is not used.

    Raises TableError if the training record of a model is missing.
    """
    found = {}
    for model in models:
        record = read_json_output(paths.train_metrics(model), otherwise=", or name a trained model in doubts.model")
        found[model] = float(record["val"]["macro_f1"])
    return max(found, key=lambda model: found[model])
