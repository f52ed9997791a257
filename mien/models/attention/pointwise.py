"""Spatial attention with a gate for each channel and cell, and the batch norm that follows it. Shapes: N batch, C channels, H×W grid."""

from torch import Tensor, nn

MIN_SIDE = 1


class PointwiseAttention(nn.Module):
    """BN(σ(conv1×1(F)) · F), with C → C convolution and bias.

    Kausar et al. ("Human Emotion Recognition") speak of spatial attention and give no form. Their figure 1 counts 6,483,370 parameters, of
    which 44,583 are not trained. With EfficientNet-B0 and two dense layers of 512 and 256 units (the head two_dense), this block gives
    these counts to the unit. The sigmoid, and the order of batch norm and pooling, are ours: they change no count.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Returns the gated and normalised maps."""
        gated_NCHW: Tensor = self.norm(maps_NCHW * self.conv(maps_NCHW).sigmoid())
        return gated_NCHW


BLOCK = PointwiseAttention
