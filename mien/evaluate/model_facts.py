"""What an evaluation contains about a trained model apart from its predictions: origin, views, cost, the effect of choosing the epoch."""

from collections.abc import Mapping
from typing import Any

from mien.config.model import ModelConfig
from mien.evaluate.inputs import Training
from mien.evaluate.selection import selection
from mien.models.cost import Cost, cost_of


def model_facts(
    config: ModelConfig, *, tta: str, facts: Mapping[str, Any], file_bytes: int, training: Training, test_macro_f1: float
) -> dict[str, Any]:
    """JSON values for the head of metrics/evaluate/MODEL.json.

    Args:
        tta: the views with which the predictions were made. They are named here because the temperature is valid for them only; left out
            if there is one view.
        facts: what model.json records about the training.
        file_bytes: size of the weights.
    """
    return {
        "weights": facts["weights"],
        "recipe": facts["recipe"],
        "classes": config.classes,
        **({"tta": tta} if tta != "none" else {}),
        "cost": cost_document(cost_of(config, tta=tta), file_bytes=file_bytes),
        "selection": selection(training.record, training.last_epoch, test_macro_f1=test_macro_f1),
    }


def cost_document(cost: Cost, *, file_bytes: int) -> dict[str, int]:
    """The cost as JSON values: parameters, multiply-accumulates for one image, size of the weights in bytes."""
    return {"num_parameters": cost.num_parameters, "macs": cost.num_macs, "file_bytes": file_bytes}
