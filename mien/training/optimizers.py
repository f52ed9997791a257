"""The optimisers that the papers use, and the parameters that are exempt from weight decay."""

from typing import Any

import torch
from timm.optim import param_groups_layer_decay, param_groups_weight_decay
from torch import nn

from mien.config.sections.train import TrainParams
from mien.models.build import ExpressionModel


def build_optimizer(model: ExpressionModel, settings: TrainParams, *, lr: float) -> torch.optim.Optimizer:
    """The optimiser of all trainable parameters, with learning rate `lr`.

    Weight decay is not applied to norms, biases and the parameters that the backbone names (Swin's tables of relative positions):
    shrinking them changes scale and offset of features and does not regularise. adam and adamax use L2 decay, adamw decoupled decay.
    """
    arguments: dict[str, Any] = {"lr": lr, "fused": True}
    optimizer = _optimizer(model, settings, arguments)
    set_rate(optimizer, lr)
    return optimizer


def _optimizer(model: ExpressionModel, settings: TrainParams, arguments: dict[str, Any]) -> torch.optim.Optimizer:
    if settings.optimizer == "sgd":
        return torch.optim.SGD(_groups(model, settings), momentum=settings.momentum, **arguments)
    if settings.optimizer == "adamax":
        del arguments["fused"]  # which torch's Adamax does not have
        return torch.optim.Adamax(_groups(model, settings), weight_decay=settings.weight_decay, **arguments)
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(_groups(model, settings), weight_decay=settings.weight_decay, **arguments)
    return torch.optim.Adam(_groups(model, settings), weight_decay=settings.weight_decay, **arguments)


def _groups(model: ExpressionModel, settings: TrainParams) -> list[dict[str, Any]]:
    return _with_own_rates(_groups_by_decay(model, settings), model.head)


def _with_own_rates(groups: list[dict[str, Any]], head: nn.Module) -> list[dict[str, Any]]:
    """The groups, of which those are divided that have parameters with learning rates of their own, the `rates` of the head."""
    rates: dict[str, float] = getattr(head, "rates", {})
    factors = {parameter: factor for name, factor in rates.items() for parameter in head.get_submodule(name).parameters()}
    if not factors:
        return groups
    found = []
    for group in groups:
        for factor in sorted({factors.get(parameter, 1.0) for parameter in group["params"]}):
            own = [parameter for parameter in group["params"] if factors.get(parameter, 1.0) == factor]
            found.append({**group, "params": own, "lr_scale": group.get("lr_scale", 1.0) * factor})
    return found


def _groups_by_decay(model: ExpressionModel, settings: TrainParams) -> list[dict[str, Any]]:
    if settings.layer_decay < 1:
        return _groups_by_layer(model, settings)
    if not settings.weight_decay:
        return [{"params": [parameter for parameter in model.parameters() if parameter.requires_grad]}]
    return [
        group for group in param_groups_weight_decay(model, settings.weight_decay, no_weight_decay_list=_exempt(model)) if group["params"]
    ]


def _exempt(model: ExpressionModel, *, prefix: str = "backbone.") -> set[str]:
    """The names of parameters that the backbone exempts from weight decay."""
    own: set[str] = getattr(model.backbone, "no_weight_decay", set)()
    return {f"{prefix}{name}" for name in own}


def _groups_by_layer(model: ExpressionModel, settings: TrainParams) -> list[dict[str, Any]]:
    """Groups with `lr_scale`: layer_decay^d for the layer d below the last one of the backbone, 1 for attention and head.

    Layer-wise learning rates as in Bao et al. 2022, arXiv:2106.08254 (BEiT), with timm's layers of each architecture.
    """
    groups: list[dict[str, Any]] = param_groups_layer_decay(
        model.backbone, settings.weight_decay, no_weight_decay_list=_exempt(model, prefix=""), layer_decay=settings.layer_decay
    )
    rest = nn.ModuleDict({"attention": model.attention, "head": model.head})
    groups += param_groups_weight_decay(rest, settings.weight_decay)
    return [{**group, "lr_scale": group.get("lr_scale", 1.0)} for group in groups if group["params"]]


def set_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Sets the learning rate of each group: `lr` times the group's lr_scale, if it has one."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group.get("lr_scale", 1.0)
