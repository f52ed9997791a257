"""The optimisers that the papers use, and the parameters that are exempt from weight decay."""

from typing import Any

import torch
from timm.optim import param_groups_weight_decay

from mien.config.sections.train import TrainParams
from mien.models.build import ExpressionModel


def build_optimizer(model: ExpressionModel, settings: TrainParams, *, lr: float) -> torch.optim.Optimizer:
    """The optimiser of all trainable parameters, with learning rate `lr`.

    Weight decay is not applied to norms, biases and the parameters that the backbone names (Swin's tables of relative positions):
    shrinking them changes scale and offset of features and does not regularise. adam uses L2 decay, adamw decoupled decay.
    """
    arguments: dict[str, Any] = {"lr": lr, "fused": True}
    if settings.optimizer == "sgd":
        return torch.optim.SGD(_groups(model, settings), momentum=settings.momentum, **arguments)
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(_groups(model, settings), weight_decay=settings.weight_decay, **arguments)
    return torch.optim.Adam(_groups(model, settings), weight_decay=settings.weight_decay, **arguments)


def _groups(model: ExpressionModel, settings: TrainParams) -> list[dict[str, Any]]:
    if not settings.weight_decay:
        return [{"params": [parameter for parameter in model.parameters() if parameter.requires_grad]}]
    own: set[str] = getattr(model.backbone, "no_weight_decay", set)()
    return [
        group
        for group in param_groups_weight_decay(model, settings.weight_decay, no_weight_decay_list={f"backbone.{name}" for name in own})
        if group["params"]
    ]
