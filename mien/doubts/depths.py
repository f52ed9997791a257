"""Features at two depths of a network. The last feature map is where the network memorises individual labels; an earlier map still reflects
the similarity of the images. Judgements at both depths therefore find more wrong labels than one at the last.

Shapes: N images, S×S stored side, C channels (different at each depth), h×w grid.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.explain.features import pooled, pooled_features
from mien.models.build import ExpressionModel
from mien.store.face_images import Images

BEFORE_LAST = 2
"""number of resolutions from the earlier map to the last; the sides of the earlier map are usually four times as long"""


def features_by_depth(
    model: ExpressionModel,
    images: Images | Tensor,
    *,
    input_px: int,
    batch_size: int = 64,
    device: torch.device | str = "cpu",
    progress: str | None = None,
) -> list[NDArray[np.float32]]:
    """Return feature maps of at least one RGB uint8 image, averaged over their grid, float32 N×C each.

    The first is the last feature map, after attention; the second is that of BEFORE_LAST resolutions before it, according to timm's
    feature_info (omitted if the backbone has none). The computation is in float32, independent of the model's precision. The model is left
    in eval mode on `device`. `progress` is the title of a progress bar; None shows none.
    """
    stages = earlier_stages(model.backbone)
    parts: list[list[NDArray[np.float32]]] = [[] for _ in stages]
    hooks = [stage.register_forward_hook(_keeping(kept, model.backbone)) for stage, kept in zip(stages, parts, strict=True)]
    try:
        last_NC = pooled_features(model, images, input_px=input_px, batch_size=batch_size, device=device, progress=progress)
    finally:
        for hook in hooks:
            hook.remove()
    return [last_NC, *(np.concatenate(part) for part in parts)]


def earlier_stages(backbone: nn.Module) -> list[nn.Module]:
    """Return the last module of the stage that is BEFORE_LAST resolutions before the last; empty if timm has no feature_info."""
    known = getattr(backbone, "feature_info", None) or []
    return [backbone.get_submodule(stage["module"]) for stage in list(known)[-1 - BEFORE_LAST : -BEFORE_LAST]]


def _keeping(kept: list[NDArray[np.float32]], backbone: nn.Module) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    """A forward hook that keeps the pooled output of a stage."""
    channels_last = getattr(backbone, "output_fmt", "NCHW") == "NHWC"

    def keep(_: nn.Module, __: tuple[Tensor, ...], maps: Tensor) -> None:
        kept.append(pooled(maps.permute(0, 3, 1, 2) if channels_last else maps))

    return keep
