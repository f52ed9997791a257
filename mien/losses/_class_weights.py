"""Class weights against imbalance, from the training split's counts n_k of K classes, with N images in total."""

from collections.abc import Sequence

import torch
from torch import Tensor

PARAMETERS = {
    "class_weights": {
        "default": "inverse",
        "choices": ("none", "inverse", "effective"),
        "description": "inverse: N / (K n_k); effective: by effective number of images (beta); counts are those of the training split",
    },
    "beta": {
        "default": 0.999,
        "ge": 0,
        "lt": 1,
        "description": "effective number of images: weight (1 - β) / (1 - β^n_k), unitless; 0 weighs all alike",
        "only_if": {"class_weights": "effective"},
    },
    "val_loss": {
        "default": "published",
        "choices": ("published", "weighted", "unweighted"),
        "description": "whether val_loss has the class weights; published: unweighted for cross_entropy, as with Keras's class_weight, and "
        "weighted for focal, class_balanced and rebalanced, whose equations contain the weights",
        "only_if": {"class_weights": ("inverse", "effective")},
    },
}


def validation_weights(val_loss: str, weights_K: Tensor, *, published: str) -> Tensor:
    """The class weights of the validation loss: `weights_K`, or 1 for each class.

    `val_loss` is weighted, unweighted, or published, which stands for the one of them that is `published` of the loss.
    """
    chosen = published if val_loss == "published" else val_loss
    assert chosen in ("weighted", "unweighted"), chosen
    return weights_K.clone() if chosen == "weighted" else torch.ones_like(weights_K)


def class_weights(kind: str, class_counts: Sequence[int], *, beta: float | None = None, norm: str = "classes") -> Tensor:
    """One weight per class, float32.

    `none`: 1.
    `inverse`: w_k = N / (K n_k), whose mean over the training images is 1.
    `effective`: B_k = (1 - β) / (1 - β^n_k), one over the effective number of images (Cui et al. 2019, section 3), 0 ≤ β < 1;
    β = 0 gives equal weights, β → 1 tends to 1 / n_k. With `norm` classes they are scaled to sum to K (Cui et al., section 4); with none
    they remain in (0, 1].
    """
    counts_K = torch.tensor(list(class_counts), dtype=torch.float64)
    if kind == "none":
        return torch.ones(len(counts_K))
    assert bool((counts_K > 0).all()), f"every class needs training images, counts are {list(class_counts)}"
    if kind == "inverse":
        return (counts_K.sum() / (len(counts_K) * counts_K)).float()
    assert kind == "effective", kind
    assert beta is not None and 0 <= beta < 1, f"effective numbers need 0 ≤ beta < 1 (got {beta})"
    # β^n is computed as exp(n log β), and 1 - exp by expm1: for β near 1 the plain difference would lose all digits.
    log_beta = torch.log1p(torch.tensor(beta - 1, dtype=torch.float64))
    weights_K = (1 - beta) / -torch.expm1(counts_K * log_beta)
    if norm == "none":
        return weights_K.float()
    assert norm == "classes", norm
    return (weights_K * len(weights_K) / weights_K.sum()).float()
