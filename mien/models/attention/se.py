"""Squeeze-and-Excitation."""

from timm.layers import SEModule
from torch import nn

MIN_SIDE = 1
REDUCTION = 16


def squeeze_and_excitation(channels: int) -> nn.Module:
    """x · σ(W₂ ReLU(W₁ GAP(x))) (Hu et al. 2018, eq. 3; timm's block), W₁ with channels / 16 outputs."""
    # The width is passed explicitly, because timm's own ratio rounds the hidden width to a multiple of 8.
    block: nn.Module = SEModule(channels, rd_channels=max(1, channels // REDUCTION))
    return block


BLOCK = squeeze_and_excitation
