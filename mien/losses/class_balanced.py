"""Class-balanced loss. Shapes: N batch, K classes."""

from collections.abc import Sequence

from torch import Tensor, nn

from mien.losses._class_weights import class_weights, validation_weights
from mien.losses._terms import cross_entropy

PARAMETERS = {"beta": "_class_weights", "val_loss": "_class_weights"}
SOFT_TARGETS = True
TWO_VIEWS = False


class ClassBalanced(nn.Module):
    """Class-balanced softmax cross-entropy (Cui et al. 2019, section 4.1).

    l = -1/N Σ_i B_y log p_y,  B_k ∝ (1 - β) / (1 - β^n_k),  Σ_k B_k = K

    y is the image's class, p_y its predicted probability, n_k counts the training images of class k, β is in [0, 1) (0: cross-entropy,
    → 1: weights ∝ 1/n_k). Range [0, ∞). For a soft target, the terms of all classes are summed, each multiplied by its share.
    Reduction: mean over the batch, not divided by the weights (see cross_entropy).
    """

    weights_K: Tensor
    val_weights_K: Tensor

    def __init__(self, *, beta: float, class_counts: Sequence[int], val_loss: str = "published") -> None:
        super().__init__()
        self.register_buffer("weights_K", class_weights("effective", class_counts, beta=beta))
        self.register_buffer("val_weights_K", validation_weights(val_loss, self.weights_K, published="weighted"))

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss, a scalar, for integer targets_N or soft targets_NK."""
        return cross_entropy(logits_NK, targets, weights_K=self.weights_K)

    def validation(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss of validation images, a scalar, like `forward`, with the weights that `val_loss` says."""
        return cross_entropy(logits_NK, targets, weights_K=self.val_weights_K)


LOSS = ClassBalanced
