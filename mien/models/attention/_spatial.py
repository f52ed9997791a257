"""Spatial attention. Shapes: N batch, C channels, H×W grid."""

import torch
from torch import Tensor, nn

KERNEL = 7


class SpatialAttention(nn.Module):
    """σ(conv7×7([mean_c x; max_c x])) · x (Woo et al. 2018, CBAM, eq. 3): one weight for each cell of the grid.

    timm's SpatialAttn adds a batch norm between convolution and σ, which the equation does not have. Here the convolution's bias sets
    the level of the gate, and a gate does not depend on the other images of the batch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, KERNEL, padding=KERNEL // 2)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Returns the maps, each cell multiplied by its weight between 0 and 1."""
        pooled_N2HW = torch.cat([maps_NCHW.mean(dim=1, keepdim=True), maps_NCHW.amax(dim=1, keepdim=True)], dim=1)
        gates_N1HW: Tensor = self.conv(pooled_N2HW).sigmoid()
        return maps_NCHW * gates_N1HW
