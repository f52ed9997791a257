"""Spatial attention: CBAM's spatial half."""

from torch import nn

from mien.models.attention._spatial import SpatialAttention

MIN_SIDE = 1


def spatial_attention(channels: int) -> nn.Module:  # noqa: ARG001  (mean and maximum take any number of channels)
    """σ(conv7×7([mean_c x; max_c x])) · x."""
    return SpatialAttention()


BLOCK = spatial_attention
