"""The one place that knows timm's backbones: how to make one, its width and layout, its input statistics and smallest input.

Shapes: N batch, C channels, H×W grid of the last feature map.
"""

from typing import Any

import timm
import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor, nn

from mien.errors import ParamsError

Statistics = tuple[tuple[float, ...], tuple[float, ...]]


def create_backbone(name: str, *, input_px: int) -> nn.Module:
    """timm's `name` without classifier and pooling, randomly initialised from torch's global generator."""
    backbone: nn.Module = timm.create_model(name, pretrained=False, num_classes=0, global_pool="", **_arguments(name, input_px))
    return backbone


def _arguments(name: str, input_px: int) -> dict[str, Any]:
    """Some architectures (Swin) fix the input size when they are made."""
    pretrained = timm.get_pretrained_cfg(name)
    return {"img_size": input_px} if pretrained is not None and pretrained.fixed_input_size else {}


def feature_maps(backbone: nn.Module, images_NCHW: Tensor) -> Tensor:
    """The last feature map, N×C×H×W, whatever timm's layout (Swin gives N×H×W×C)."""
    maps: Tensor = backbone.forward_features(images_NCHW)  # type: ignore[operator]
    return maps.permute(0, 3, 1, 2) if getattr(backbone, "output_fmt", "NCHW") == "NHWC" else maps


def check_input(name: str, *, input_px: int, key: str) -> None:
    """Raises ParamsError, naming `key`, if the backbone gives no feature map for pictures of this side."""
    if _map_shape(name, input_px) is not None:
        return
    smallest = next((px for px in range(input_px + 1, 301) if _map_shape(name, px) is not None), None)
    rule = f"must be at least {smallest} for {name}" if smallest else f"must be another backbone: {name} gives no feature map N×C×H×W"
    raise ParamsError(f"{key if smallest else key.replace('input_px', 'backbone')}: {rule} (got {input_px if smallest else name})")


def _map_shape(name: str, input_px: int) -> torch.Size | None:
    """The shape of the last feature map, worked out without computing it; None if there is none."""
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        try:
            maps = feature_maps(create_backbone(name, input_px=input_px).eval(), torch.empty(1, 3, input_px, input_px))
        except (RuntimeError, AssertionError, ValueError):
            return None
    return maps.shape if maps.ndim == 4 and maps.numel() else None


def statistics(name: str, normalization: str) -> Statistics:
    """Mean and standard deviation of the input per colour, for pictures in [0, 1].

    `backbone`: of the default pretrained weights of `name` (timm's data config); `shared`: ImageNet's; `half`: 0.5 and 0.5.
    """
    if normalization == "half":
        return (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    pretrained = timm.get_pretrained_cfg(name)
    if normalization == "backbone" and pretrained is not None:
        return tuple(pretrained.mean), tuple(pretrained.std)
    return tuple(IMAGENET_DEFAULT_MEAN), tuple(IMAGENET_DEFAULT_STD)
