"""Balanced softmax. Shapes: N batch, K classes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mien.losses._terms import cross_entropy

PARAMETERS: dict[str, object] = {}
SOFT_TARGETS = True
TWO_VIEWS = False


class BalancedSoftmax(nn.Module):
    """Balanced softmax (Ren et al. 2020, theorem 1): cross-entropy on z + log n; predictions use z alone.

    l = -1/N Σ_i log( n_y e^{z_y} / Σ_k n_k e^{z_k} )

    y is the image's class, z the logits, n_k counts the training images of class k. Range [0, ∞). Equal counts give cross-entropy.
    For a soft target, the terms of all classes are summed, each multiplied by its share. Reduction: mean over the batch.
    """

    log_counts_K: Tensor

    def __init__(self, *, class_counts: Sequence[int]) -> None:
        super().__init__()
        self.register_buffer("log_counts_K", torch.tensor(list(class_counts), dtype=torch.float64).log().float())

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss, a scalar, for integer targets_N or soft targets_NK."""
        return cross_entropy(logits_NK + self.log_counts_K, targets)


LOSS = BalancedSoftmax
