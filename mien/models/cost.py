"""The cost of a model (parameters and operations), determined without any computation."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mien.config.model import ModelConfig
from mien.models.backbones import ShapesOnly
from mien.models.build import build_model
from mien.models.tta import num_views


@dataclass(frozen=True)
class Cost:
    """The cost of one model."""

    num_parameters: int
    num_macs: int
    """multiply-accumulates for one image, with all of its views"""


def cost(model: nn.Module, *, input_px: int, tta: str = "none") -> Cost:
    """Counts the parameters of a model on the meta device, and its multiply-accumulates for one image of `input_px` squared.

    Each view of `tta` counts, because it is a forward pass of its own.

    MACs are half of torch's count of floating-point operations. As is usual in papers, that count includes only convolutions and matrix
    products, not activations, norms, pooling and additions. The model is left in eval mode.
    """
    assert all(parameter.is_meta for parameter in model.parameters()), "on another device it would compute"
    with FlopCounterMode(display=False) as counter, ShapesOnly(), torch.no_grad():
        model.eval()(torch.empty(1, 3, input_px, input_px, device="meta"))
    return Cost(sum(parameter.numel() for parameter in model.parameters()), num_views(tta) * (counter.get_total_flops() // 2))


def cost_of(config: ModelConfig, *, tta: str) -> Cost:
    """The cost of the model that a configuration describes, at its own input size with the views of `tta`."""
    with torch.device("meta"):
        return cost(build_model(config), input_px=config.input_px, tta=tta)
