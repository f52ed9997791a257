"""Heads map the last feature map to one logit per class. Each head has one file, found by name, which defines:

PARAMETERS  the parameters that the head reads from `head:` in params.yaml, a literal as in mien/losses/__init__.py
CLASS_MAPS  whether the head has `class_maps(maps_NCHW, detach=...)`, one map per class whose mean plus the bias is the logit; a literal
HEAD        called as HEAD(channels, num_classes, dropout=..., **parameters); returns a module maps_NCHW -> logits_NK

A head may add terms to the loss: its `penalty()` returns their sum for the last forward pass in training mode, a scalar.
"""

from typing import Any

from torch import nn

from mien.core import registry


def build_head(name: str, channels: int, num_classes: int, *, dropout: float, parameters: dict[str, Any]) -> nn.Module:
    """The head `name` for maps of `channels` channels."""
    head: nn.Module = registry.load("mien.models.heads", name, "HEAD")(channels, num_classes, dropout=dropout, **parameters)
    return head
