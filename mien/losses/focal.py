"""Focal loss. Shapes: N batch, K classes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mien.losses._class_weights import class_weights as weights_of
from mien.losses._targets import log_probabilities, one_hot

PARAMETERS = ("gamma", "class_weights")
SOFT_TARGETS = True
TWO_VIEWS = False


class FocalLoss(nn.Module):
    """Focal loss (Lin et al. 2017, eq. 5, in its softmax form).

    l = -1/N Σ_i α_y (1 - p_y)^γ log p_y

    y the image's class, p_y its predicted probability, γ ≥ 0 the focusing exponent, α_k = N_total / (K n_k) or 1. Range [0, ∞).
    γ = 0 with α = 1 is cross-entropy. A soft target takes the sum over the classes, each term times its share of the target.
    Reduction: mean over the batch, not divided by the weights (see cross_entropy).
    """

    alpha_K: Tensor

    def __init__(self, *, gamma: float, class_weights: str, class_counts: Sequence[int]) -> None:
        super().__init__()
        self.gamma = gamma
        self.register_buffer("alpha_K", weights_of(class_weights, class_counts))

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss, a scalar, for integer targets_N or soft targets_NK."""
        log_p_NK = log_probabilities(logits_NK)
        # Not 1 - exp: that cancels near p = 1. Clamped, because for γ < 1 the power's slope at 0 is infinite and times log 1 = 0 not a number.
        wrong_NK = (-torch.expm1(log_p_NK)).clamp(min=torch.finfo(log_p_NK.dtype).tiny)
        terms_NK = self.alpha_K * wrong_NK**self.gamma * log_p_NK
        return -(one_hot(targets, like_NK=log_p_NK) * terms_NK).sum(dim=1).mean()


LOSS = FocalLoss
