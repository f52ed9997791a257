"""Logit-adjusted loss. Shapes: N batch, K classes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mien.losses._terms import cross_entropy

PARAMETERS = {"tau": {"default": 1.0, "ge": 0, "description": "weight τ of the log prior, unitless; 0 is cross-entropy"}}
SOFT_TARGETS = True
TWO_VIEWS = False


class LogitAdjusted(nn.Module):
    """Logit-adjusted softmax cross-entropy (Menon et al. 2021, eq. 10); predictions use z without the adjustment.

    l = -1/N Σ_i log( e^{z_y + τ log π_y} / Σ_k e^{z_k + τ log π_k} ),  π_k = n_k / Σ_j n_j

    y is the image's class, z the logits, n_k counts the training images of class k, τ ≥ 0 (0: cross-entropy, 1: balanced softmax).
    Range [0, ∞). For a soft target, the terms of all classes are summed, each multiplied by its share. Reduction: mean over the batch.
    """

    adjustment_K: Tensor

    def __init__(self, *, tau: float, class_counts: Sequence[int]) -> None:
        super().__init__()
        counts_K = torch.tensor(list(class_counts), dtype=torch.float64)
        self.register_buffer("adjustment_K", (tau * (counts_K / counts_K.sum()).log()).float())

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss, a scalar, for integer targets_N or soft targets_NK."""
        return cross_entropy(logits_NK + self.adjustment_K, targets)


LOSS = LogitAdjusted
