"""Cross-entropy with class weights and label smoothing. Shapes: N batch, K classes."""

from collections.abc import Sequence

from torch import Tensor, nn

from mien.losses._class_weights import class_weights as weights_of
from mien.losses._class_weights import validation_weights
from mien.losses._targets import one_hot
from mien.losses._terms import cross_entropy

PARAMETERS = {
    "class_weights": "_class_weights",
    "label_smoothing": {"default": 0.0, "ge": 0, "lt": 1, "description": "share ε of the target that is spread evenly over the classes"},
    "beta": "_class_weights",
    "val_loss": "_class_weights",
}
SOFT_TARGETS = True
TWO_VIEWS = False


class CrossEntropy(nn.Module):
    """Weighted, smoothed cross-entropy (Szegedy et al. 2016, section 7, for the smoothing).

    l = -1/N Σ_i Σ_k w_k t_ik log p_ik,  t_i = (1 - ε) y_i + ε / K

    y_i is a one-hot or soft target, p the softmax of the logits, w_k the class weight (from `class_weights`; `beta` for effective), ε is
    label_smoothing. Range [0, ∞).
    Reduction: the sum is divided by the batch size N, as with Keras's class_weight, and not by the batch's sum of weights, as with torch's
    `weight` and `mean`. An image thus has the same weight in every batch (torch's division cancels the weights in a batch of one class),
    and the mean over an epoch does not depend on how images are batched. Keras's class_weight is not applied to validation images, and
    neither are these weights unless `val_loss` is weighted.
    """

    weights_K: Tensor
    val_weights_K: Tensor

    def __init__(
        self,
        *,
        class_weights: str,
        label_smoothing: float,
        class_counts: Sequence[int],
        beta: float | None = None,
        val_loss: str = "published",
    ) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        self.register_buffer("weights_K", weights_of(class_weights, class_counts, beta=beta))
        self.register_buffer("val_weights_K", validation_weights(val_loss, self.weights_K, published="unweighted"))

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss, a scalar, for integer targets_N or soft targets_NK."""
        return self._value(logits_NK, targets, self.weights_K)

    def validation(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss of validation images, a scalar, like `forward`, with the weights that `val_loss` says."""
        return self._value(logits_NK, targets, self.val_weights_K)

    def _value(self, logits_NK: Tensor, targets: Tensor, weights_K: Tensor) -> Tensor:
        targets_NK = one_hot(targets, like_NK=logits_NK)
        smooth_NK = (1 - self.label_smoothing) * targets_NK + self.label_smoothing / logits_NK.shape[1]
        return cross_entropy(logits_NK, smooth_NK, weights_K=weights_K)


LOSS = CrossEntropy
