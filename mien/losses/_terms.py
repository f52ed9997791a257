"""The terms that losses are composed of, as means over the batch. Shapes: N batch, K classes."""

import torch
from torch import Tensor

from mien.losses._targets import log_probabilities, one_hot


def cross_entropy(logits_NK: Tensor, targets: Tensor, *, weights_K: Tensor | None = None) -> Tensor:
    """-1/N Σ_i Σ_k w_k t_ik log p_ik, a scalar, for integer targets_N or soft targets_NK; without `weights_K`, w_k = 1."""
    log_p_NK = log_probabilities(logits_NK)
    terms_NK = one_hot(targets, like_NK=logits_NK) * log_p_NK
    return -(terms_NK if weights_K is None else weights_K * terms_NK).sum(dim=1).mean()


def focal(logits_NK: Tensor, targets: Tensor, *, gamma: float, weights_K: Tensor) -> Tensor:
    """-1/N Σ_i Σ_k t_ik w_k (1 - p_ik)^γ log p_ik, a scalar, for integer targets_N or soft targets_NK."""
    log_p_NK = log_probabilities(logits_NK)
    # Not 1 - exp, which cancels near p = 1. Clamped: for γ < 1 the power's slope at 0 is infinite, and infinity times log 1 = 0 is NaN.
    wrong_NK = (-torch.expm1(log_p_NK)).clamp(min=torch.finfo(log_p_NK.dtype).tiny)
    terms_NK = weights_K * wrong_NK**gamma * log_p_NK
    return -(one_hot(targets, like_NK=logits_NK) * terms_NK).sum(dim=1).mean()
