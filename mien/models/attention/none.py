"""No attention: the maps are returned unchanged."""

from torch import nn

MIN_SIDE = 1


def no_attention(channels: int) -> nn.Module:  # noqa: ARG001  (a block is made from the number of channels)
    """The identity."""
    return nn.Identity()


BLOCK = no_attention
