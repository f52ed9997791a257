"""Heads map the last feature map to one logit per class. Each head has one file, found by name, which defines:

PARAMETERS  the parameters that the head reads from `head:` in params.yaml, a literal as in mien/losses/__init__.py
CLASS_MAPS  whether the head has `class_maps(maps_NCHW, detach=...)`, one map per class whose mean plus the bias is the logit (up to a
            factor of the image, in `importance`); a literal
HEAD        called as HEAD(channels, num_classes, dropout=..., **parameters); returns a module maps_NCHW -> logits_NK

A head may also define:

GRID   true if HEAD is also given grid=(H, W), the size of the map, so that the size of the input is fixed; a literal
NEEDS  what it needs of its model, a literal as in mien/losses/__init__.py

and in its class:

penalty()            terms that it adds to the loss for the last forward pass in training mode, their sum, a scalar
rates                factors of the learning rate of its own modules, by name, such as {"classifier": 10.0}
grad_cam(maps_NCHW)  Grad-CAM of each class, N×K×H×W, without gradients, if that is not ReLU(class_maps) / (H·W), as it is for
                     `linear`
"""

from typing import Any

from torch import nn

from mien.core import registry


def build_head(
    name: str,
    channels: int,
    num_classes: int,
    *,
    dropout: float,
    parameters: dict[str, Any],
    grid: tuple[int, int] | None = None,
) -> nn.Module:
    """The head `name` for maps of `channels` channels and, where it depends on that, of `grid` cells, height and width."""
    make = registry.load("mien.models.heads", name, "HEAD")
    size = {"grid": grid} if registry.constant("mien.models.heads", name, "GRID", default=False) else {}
    head: nn.Module = make(channels, num_classes, dropout=dropout, **size, **parameters)
    return head
