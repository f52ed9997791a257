"""Attention blocks: one file each, found by name. A block file holds `BLOCK`, called as BLOCK(channels), maps_NCHW -> maps_NCHW."""

from torch import nn

from mien.core import registry


def build_attention(name: str, channels: int) -> nn.Module:
    """The attention block `name` for maps of `channels` channels; `none` changes nothing."""
    block: nn.Module = registry.load("mien.models.attention", name, "BLOCK")(channels)
    return block
