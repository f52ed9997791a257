"""Rebalanced attention consistency and focus, RBC/RBF. Shapes: N batch, K classes, H×W grid of the class maps."""

from collections.abc import Sequence

from torch import Tensor

from mien.losses._class_weights import class_weights, validation_weights
from mien.losses._consistency import TwoViewLoss, map_difference
from mien.losses._terms import cross_entropy, focal
from mien.losses._views import View

PARAMETERS = {
    "gamma": "focal",
    "beta": "_class_weights",
    "weight_norm": {
        "default": "classes",
        "choices": ("classes", "none"),
        "description": "classes scales the class weights to sum to the number of classes, none leaves them as they are",
    },
    "rbc_weight": {"default": 0.1, "ge": 0, "description": "weight λ of the consistency term, unitless; 0 leaves it out"},
    "rbf_weight": {"default": 0.5, "ge": 0, "description": "weight μ of the focus term, unitless; 0 leaves it out"},
    "consistency_norm": {
        "default": "squared",
        "choices": ("squared", "absolute"),
        "description": "how the difference of two class maps is measured",
    },
    "val_loss": "_class_weights",
    "consistency_transform": "_consistency",
    "detach_class_weights": "_consistency",
    "joint_views": "_consistency",
}
SOFT_TARGETS = True
TWO_VIEWS = True


class Rebalanced(TwoViewLoss):
    """Rebalanced consistency and focus (Zhu et al. 2025, eqs. 1 to 7).

    l = l_cls + λ l_rbc + μ l_rbf                                        (7)
    l_cls = CE(f, y) + CE(f̃, y)                                          (1)
    l_rbc = 1/(N K H W) Σ_i Σ_k Σ_hw d(B_k A_ik, back(B_k Ã_ik))         (2, 3)
    l_rbf = -1/N Σ_i B_y (1 - p_y)^γ log p_y                             (5)
    B_k = (1 - β) / (1 - β^n_k)                                          (6), scaled to sum to K with `weight_norm` classes

    f and A are logits and class maps of the first view, f̃ and Ã of the second, y is the image's class, p the softmax of f, back undoes
    the movement of `consistency_transform`, d is the squared or absolute difference (`consistency_norm`), n_k counts the training images
    of class k, λ = rbc_weight and μ = rbf_weight ≥ 0 (0 leaves the term out), γ ≥ 0, β in [0, 1). Range [0, ∞). For a soft target, the
    terms of eqs. 1 and 5 are summed over all classes, each multiplied by its share. Reduction: means as written.
    """

    weights_K: Tensor
    val_weights_K: Tensor

    def __init__(
        self,
        *,
        gamma: float,
        beta: float,
        weight_norm: str,
        rbc_weight: float,
        rbf_weight: float,
        consistency_norm: str,
        consistency_transform: str,
        detach_class_weights: bool,
        joint_views: bool,
        class_counts: Sequence[int],
        val_loss: str = "published",
    ) -> None:
        super().__init__(
            consistency_weight=rbc_weight,
            consistency_transform=consistency_transform,
            detach_class_weights=detach_class_weights,
            joint_views=joint_views,
        )
        self.gamma = gamma
        self.rbf_weight = rbf_weight
        self.consistency_norm = consistency_norm
        self.register_buffer("weights_K", class_weights("effective", class_counts, beta=beta, norm=weight_norm))
        self.register_buffer("val_weights_K", validation_weights(val_loss, self.weights_K, published="weighted"))

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The part on the first view only, CE(f, y) + μ l_rbf, a scalar, for integer targets_N or soft targets_NK."""
        return self._first_view(logits_NK, targets, self.weights_K)

    def validation(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss of validation images, a scalar, like `forward`, with the weights that `val_loss` says."""
        return self._first_view(logits_NK, targets, self.val_weights_K)

    def _first_view(self, logits_NK: Tensor, targets: Tensor, weights_K: Tensor) -> Tensor:
        loss = cross_entropy(logits_NK, targets)
        if self.rbf_weight:
            loss = loss + self.rbf_weight * focal(logits_NK, targets, gamma=self.gamma, weights_K=weights_K)
        return loss

    def classification(self, first: View, second: View, targets: Tensor) -> Tensor:
        """l_cls + μ l_rbf: both views train the classification (eq. 1)."""
        loss: Tensor = self(first.logits_NK, targets) + cross_entropy(second.logits_NK, targets)
        return loss

    def consistency(self, first_NKHW: Tensor, second_NKHW: Tensor) -> Tensor:
        """l_rbc (eq. 3) of both views' class maps, a scalar; each map is oriented as its view."""
        weights_K11 = self.weights_K[:, None, None]
        maps = (weights_K11 * first_NKHW, weights_K11 * second_NKHW)
        return map_difference(*maps, transform=self.consistency_transform, norm=self.consistency_norm).mean()


LOSS = Rebalanced
