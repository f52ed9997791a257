"""Attention over scales: each channel weighs what it sees at three scales. Shapes: N batch, C channels, H×W grid, D dilations."""

import torch
from torch import Tensor, nn

MIN_SIDE = 5
"""below it, the 3×3 kernel with the largest dilation sees nothing but padding around most cells"""
DILATIONS = (1, 2, 3)
REDUCTION = 16
MIN_HIDDEN = 32


class MultiScaleAttention(nn.Module):
    """x + γ · Σ_d a_d U_d, U_d = ReLU(BN(depthwise conv3×3 of dilation d)) (selective kernels, Li et al. 2019, eq. 1 to 6).

    The weights of a channel over the scales are a = softmax_d(A_d ReLU(W GAP(Σ_d U_d))), W with max(32, C / 16) outputs (eq. 4).
    What differs from the paper, and is ours: the convolutions are depthwise, so that 1,280 channels cost 0.45 million parameters instead of
    45; the result is added to x with a factor γ of each channel that starts at 0, so that pretrained features pass unchanged at first;
    and there is no batch norm after the global average pool, which one image alone could not train.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(MIN_HIDDEN, channels // REDUCTION)
        self.scales = nn.ModuleList(_scale(channels, dilation) for dilation in DILATIONS)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.select = nn.Linear(hidden, len(DILATIONS) * channels, bias=False)
        self.gamma_C = nn.Parameter(torch.zeros(channels))

    def weights(self, scales_NDCHW: Tensor) -> Tensor:
        """The share of each scale for each channel, N×D×C, which sum to 1 over the scales."""
        pooled_NC = scales_NDCHW.sum(dim=1).mean(dim=(2, 3))
        scores: Tensor = self.select(self.squeeze(pooled_NC).relu())
        return scores.reshape(-1, len(DILATIONS), pooled_NC.shape[1]).softmax(dim=1)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Returns the maps with the weighted scales added."""
        scales_NDCHW = torch.stack([scale(maps_NCHW) for scale in self.scales], dim=1)
        mixed_NCHW = (scales_NDCHW * self.weights(scales_NDCHW)[..., None, None]).sum(dim=1)
        return maps_NCHW + self.gamma_C[:, None, None] * mixed_NCHW


def _scale(channels: int, dilation: int) -> nn.Module:
    convolution = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, groups=channels, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU())


BLOCK = MultiScaleAttention
