"""What losses share about logits and targets. Shapes: N batch, K classes."""

import torch
import torch.nn.functional as F
from torch import Tensor


def log_probabilities(logits_NK: Tensor) -> Tensor:
    """log softmax, N×K, in float32 at least: bfloat16 keeps two to three digits, too few for 1 - p near p = 1."""
    return F.log_softmax(logits_NK.to(torch.promote_types(logits_NK.dtype, torch.float32)), dim=1)


def one_hot(targets: Tensor, *, like_NK: Tensor) -> Tensor:
    """Targets as one distribution per image, N×K: integer targets_N become one-hot, soft targets_NK stay."""
    if targets.ndim == 1:
        return F.one_hot(targets, like_NK.shape[1]).to(like_NK.dtype)
    assert targets.shape == like_NK.shape, f"soft targets {tuple(targets.shape)} for logits {tuple(like_NK.shape)}"
    return targets.to(like_NK.dtype)
