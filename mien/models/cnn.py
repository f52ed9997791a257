"""The conventional network with which the papers compare (`cnn` in docs/models.md). Shapes: N batch, C channels, H×W grid."""

from torch import Tensor, nn

WIDTHS = (56, 112, 224, 448, 896)


class ConventionalCnn(nn.Module):
    """Five blocks of two 3×3 convolutions, each with ReLU, and a 2×2 max pool (Kausar et al., "initial experiments with CNN").

    The paper gives no widths and no depth, only convolutions, ReLU, max pools and dense layers with about 15 million parameters, and
    no batch norm. Here the dense layers are the head. Widths double from 56, so that the convolutions, Σ 9 · in · out + out, have
    14.43 M parameters: 14.9 M with a dense head of 512 units and seven classes. Five pools reduce 32 px to one cell, 224 px to 7×7.
    """

    def __init__(self) -> None:
        super().__init__()
        self.num_features = WIDTHS[-1]
        self.blocks = nn.Sequential(*(_block(before, width) for before, width in zip((3, *WIDTHS), WIDTHS, strict=False)))

    def forward_features(self, images_N3HW: Tensor) -> Tensor:
        """The last feature map, N×896×H/32×W/32, the sides rounded down."""
        maps_NCHW: Tensor = self.blocks(images_N3HW)
        return maps_NCHW


def _block(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(_convolution(channels, width), nn.ReLU(), _convolution(width, width), nn.ReLU(), nn.MaxPool2d(2))


def _convolution(channels: int, width: int) -> nn.Conv2d:
    convolution = nn.Conv2d(channels, width, 3, padding=1)
    # With torch's default initialisation, activations would vanish over ten convolutions without batch norm (He et al. 2015).
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    assert convolution.bias is not None
    nn.init.zeros_(convolution.bias)
    return convolution
