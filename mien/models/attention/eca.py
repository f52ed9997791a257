"""Efficient Channel Attention."""

from timm.layers import EcaModule
from torch import nn

MIN_SIDE = 1


def efficient_channel_attention(channels: int) -> nn.Module:
    """x · σ(conv1d_k(GAP(x))) along the channels (Wang et al. 2020, eq. 9; timm's block), without bias.

    The kernel k is the odd number next to log₂(C) / 2 + 1 / 2 (eq. 12), rounded as in the authors' code: down, then up to odd.
    """
    block: nn.Module = EcaModule(channels)
    return block


BLOCK = efficient_channel_attention
