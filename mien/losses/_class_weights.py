"""Weights of the classes against imbalance, from the training split's counts n_k of K classes, N images in all."""

from collections.abc import Sequence

import torch
from torch import Tensor


def class_weights(kind: str, class_counts: Sequence[int]) -> Tensor:
    """One weight per class, float32.

    `none`: 1. `inverse`: w_k = N / (K n_k), whose mean over the training images is 1.
    """
    counts_K = torch.tensor(list(class_counts), dtype=torch.float64)
    if kind == "none":
        return torch.ones(len(counts_K))
    assert kind == "inverse", kind
    assert bool((counts_K > 0).all()), f"every class needs training images, counts are {list(class_counts)}"
    return (counts_K.sum() / (len(counts_K) * counts_K)).float()
