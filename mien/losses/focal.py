"""Focal loss. Shapes: N batch, K classes."""

from collections.abc import Sequence

from torch import Tensor, nn

from mien.losses._class_weights import class_weights as weights_of
from mien.losses._class_weights import validation_weights
from mien.losses._terms import focal

PARAMETERS = {
    "gamma": {"default": 2.0, "ge": 0, "description": "focusing exponent γ of the focal term, unitless; 0 is cross-entropy"},
    "class_weights": "_class_weights",
    "beta": "_class_weights",
    "val_loss": "_class_weights",
}
SOFT_TARGETS = True
TWO_VIEWS = False


class FocalLoss(nn.Module):
    """Focal loss (Lin et al. 2017, eq. 5, in its softmax form).

    l = -1/N Σ_i α_y (1 - p_y)^γ log p_y

    y is the image's class, p_y its predicted probability, γ ≥ 0 the focusing exponent, α_k the class weight (from `class_weights`; `beta`
    for effective). Range [0, ∞). γ = 0 with α = 1 is cross-entropy. For a soft target, the terms of all classes are summed, each
    multiplied by its share. Reduction: mean over the batch, not divided by the weights (see cross_entropy).
    """

    alpha_K: Tensor
    val_alpha_K: Tensor

    def __init__(
        self, *, gamma: float, class_weights: str, class_counts: Sequence[int], beta: float | None = None, val_loss: str = "published"
    ) -> None:
        super().__init__()
        self.gamma = gamma
        self.register_buffer("alpha_K", weights_of(class_weights, class_counts, beta=beta))
        self.register_buffer("val_alpha_K", validation_weights(val_loss, self.alpha_K, published="weighted"))

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss, a scalar, for integer targets_N or soft targets_NK."""
        return focal(logits_NK, targets, gamma=self.gamma, weights_K=self.alpha_K)

    def validation(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss of validation images, a scalar, like `forward`, with the weights that `val_loss` says."""
        return focal(logits_NK, targets, gamma=self.gamma, weights_K=self.val_alpha_K)


LOSS = FocalLoss
