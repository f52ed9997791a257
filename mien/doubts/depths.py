"""Features at two depths of a network. Its last feature map is where it learns single labels by heart; a map some way before it still
shows how alike the pictures are, so that judgements at both see more wrong labels than one at the last.

Shapes: N pictures, S×S stored side, C channels (of each depth its own), h×w grid.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.explain.features import pooled, pooled_features
from mien.models.build import ExpressionModel

BEFORE_LAST = 2
"""resolutions between the two: the earlier map has four times the sides of the last, mostly"""


def features_by_depth(
    model: ExpressionModel,
    images_N3SS: Tensor,
    *,
    input_px: int,
    batch_size: int = 64,
    device: torch.device | str = "cpu",
    progress: str | None = None,
) -> list[NDArray[np.float32]]:
    """Feature maps averaged over their grid, float32 N×C each, of at least one RGB uint8 picture: first the last one, after attention,
    then that of BEFORE_LAST resolutions before it (timm's feature_info; of a backbone that has none, only the last).

    In float32 whatever the model's precision; the model is left in eval mode on `device`. `progress` names a progress bar, None shows none.
    """
    stages = earlier_stages(model.backbone)
    parts: list[list[NDArray[np.float32]]] = [[] for _ in stages]
    hooks = [stage.register_forward_hook(_keeping(kept, model.backbone)) for stage, kept in zip(stages, parts, strict=True)]
    try:
        last_NC = pooled_features(model, images_N3SS, input_px=input_px, batch_size=batch_size, device=device, progress=progress)
    finally:
        for hook in hooks:
            hook.remove()
    return [last_NC, *(np.concatenate(part) for part in parts)]


def earlier_stages(backbone: nn.Module) -> list[nn.Module]:
    """The module that ends the resolution BEFORE_LAST before the last; none where timm says nothing of them."""
    known = getattr(backbone, "feature_info", None) or []
    return [backbone.get_submodule(stage["module"]) for stage in list(known)[-1 - BEFORE_LAST : -BEFORE_LAST]]


def _keeping(kept: list[NDArray[np.float32]], backbone: nn.Module) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    """A forward hook that keeps what a stage gives, pooled."""
    channels_last = getattr(backbone, "output_fmt", "NCHW") == "NHWC"

    def keep(_: nn.Module, __: tuple[Tensor, ...], maps: Tensor) -> None:
        kept.append(pooled(maps.permute(0, 3, 1, 2) if channels_last else maps))

    return keep
