"""Helpers that losses share for logits and targets. Shapes: N batch, K classes."""

import torch
import torch.nn.functional as F
from torch import Tensor


def wide(dtype: torch.dtype) -> torch.dtype:
    """float32 at least: bfloat16 has two to three digits, too few for 1 - p near p = 1 or for the shares of a target."""
    return torch.promote_types(dtype, torch.float32)


def log_probabilities(logits_NK: Tensor) -> Tensor:
    """log softmax, N×K, in float32 at least."""
    return F.log_softmax(logits_NK.to(wide(logits_NK.dtype)), dim=1)


def one_hot(targets: Tensor, *, like_NK: Tensor) -> Tensor:
    """Targets as one distribution per image, N×K: integer targets_N become one-hot, soft targets_NK stay; in float32 at least."""
    if targets.ndim == 1:
        return F.one_hot(targets, like_NK.shape[1]).to(wide(like_NK.dtype))
    assert targets.shape == like_NK.shape, f"soft targets {tuple(targets.shape)} for logits {tuple(like_NK.shape)}"
    return targets.to(wide(like_NK.dtype))
