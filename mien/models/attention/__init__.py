"""Attention blocks change the last feature map. Each block has one file, found by name, which defines:

BLOCK     called as BLOCK(channels); returns a module maps_NCHW -> maps_NCHW
MIN_SIDE  the smallest height and width of the map on which the block does what its name says, a literal
"""

from torch import nn

from mien.core import registry


def build_attention(name: str, channels: int) -> nn.Module:
    """The attention block `name` for maps of `channels` channels; `none` changes nothing."""
    block: nn.Module = registry.load("mien.models.attention", name, "BLOCK")(channels)
    return block


def min_side(name: str) -> int:
    """The smallest height and width of a map for the attention block `name`."""
    side: int = registry.constant("mien.models.attention", name, "MIN_SIDE")
    return side
