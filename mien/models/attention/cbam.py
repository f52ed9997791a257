"""CBAM: channel attention, then spatial attention (Woo et al. 2018, eq. 1)."""

from timm.layers.cbam import ChannelAttn
from torch import nn

from mien.models.attention._spatial import SpatialAttention

MIN_SIDE = 1
REDUCTION = 16


def cbam(channels: int) -> nn.Module:
    """x · σ(MLP(GAP(x)) + MLP(GMP(x))) (eq. 2, timm's block: W₁ ReLU(W₀ ·), shared, without bias), then SpatialAttention (eq. 3)."""
    # timm's whole CbamModule has a different spatial half, see SpatialAttention.
    return nn.Sequential(ChannelAttn(channels, rd_channels=max(1, channels // REDUCTION)), SpatialAttention())


BLOCK = cbam
