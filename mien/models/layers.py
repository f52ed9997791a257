"""Finds the layers of a backbone in execution order, and freezes them (for two-stage fine-tuning)."""

from collections.abc import Iterable

import timm.layers
import torch
from torch import nn

from mien.models import backbones
from mien.models.build import ExpressionModel

_ACTIVATION_HOMES = ("torch.nn.modules.activation", "timm.layers.activations", "timm.layers.activations_me")


def last_layers(model: ExpressionModel, count: int, *, input_px: int) -> list[nn.Module]:
    """The last `count` layers of the backbone (all, if it has fewer), in execution order.

    A layer is a module that owns parameters, or an activation; identities, pooling and the classifier do not count. timm's norm with
    activation is one layer. Hooks record the order in one forward pass; a module that runs twice counts at its last run.
    """
    ran: dict[nn.Module, None] = {}

    def note(module: nn.Module, *_: object) -> None:
        ran.pop(module, None)
        ran[module] = None

    modes = {module: module.training for module in model.modules()}
    hooks = [module.register_forward_hook(note) for module in layers(model.backbone)]
    device = next(model.parameters()).device
    try:
        model.eval()
        with torch.no_grad():
            backbones.feature_maps(model.backbone, torch.zeros(1, 3, input_px, input_px, device=device))
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode
    return list(ran)[-count:]


def layers(backbone: nn.Module) -> list[nn.Module]:
    """Every module of the backbone that counts as a layer, in the order of declaration."""
    inside = {child for norm in backbone.modules() if _owns_parameters(norm) and _is_norm(norm) for child in norm.children()}
    return [module for module in backbone.modules() if _owns_parameters(module) or (_is_activation(module) and module not in inside)]


def freeze(model: ExpressionModel) -> None:
    """Freezes the backbone's parameters and keeps its batch norms in eval mode from now on; attention and head remain trainable."""
    model.backbone.requires_grad_(False)
    model.norms_frozen = True
    model.train(model.training)


def unfreeze(modules: Iterable[nn.Module]) -> None:
    """Makes the parameters that each module itself owns (not its children's) trainable; batch norms stay in eval mode."""
    for module in modules:
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(True)


def _owns_parameters(module: nn.Module) -> bool:
    return next(module.parameters(recurse=False), None) is not None


def _is_norm(module: nn.Module) -> bool:
    return isinstance(module, nn.BatchNorm2d | nn.GroupNorm | nn.LayerNorm | timm.layers.BatchNormAct2d)


def _is_activation(module: nn.Module) -> bool:
    return type(module).__module__ in _ACTIVATION_HOMES
