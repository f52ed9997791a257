"""Mine extra knowledge, MEK. Shapes: N batch, K classes, H×W grid of the class maps."""

from collections.abc import Sequence

from torch import Tensor

from mien.losses._class_weights import class_weights
from mien.losses._consistency import TwoViewLoss, map_difference
from mien.losses._targets import one_hot
from mien.losses._terms import cross_entropy

PARAMETERS = {
    "mek_weight": {"default": 0.1, "ge": 0, "description": "weight λ of the consistency term, unitless; 0 leaves it out"},
    "mek_scale": {"default": 0.1, "gt": 0, "description": "scale of the class weights, scale · N / n_k, unitless"},
    "mek_true_share": {"default": 0.7, "gt": 0, "le": 1, "description": "share of the smooth label that the true class gets"},
    "consistency_transform": "_consistency",
    "detach_class_weights": "_consistency",
    "joint_views": "_consistency",
}
SOFT_TARGETS = True
TWO_VIEWS = True


class Mek(TwoViewLoss):
    """Rebalanced consistency and rebalanced smooth labels (Zhang et al. 2023, Mine Extra Knowledge, with the reductions of their code).

    l = -1/N Σ_i Σ_k s_ik log p_ik + λ 1/N Σ_i Σ_k w_k 1/(H W) Σ_hw (A_ik - back(Ã_ik))²
    w_k = scale · Σ_j n_j / n_k,  s_ik = S_yk,  S_yy = share,  S_yk = (1 - share) w_k / Σ_{j≠y} w_j for k ≠ y

    A and Ã are class maps of both views, p is the softmax of the first view's logits, y the image's class, back undoes the movement of
    `consistency_transform`, n_k counts the training images of class k, λ = mek_weight ≥ 0 (0 leaves the term out), scale = mek_scale > 0,
    share = mek_true_share in (0, 1]. Range [0, ∞). A soft target t gives s = t S, the mixture of the smooth labels.
    Reduction: mean over batch and grid, weighted sum over the classes, weights not normalised.
    """

    weights_K: Tensor
    smooth_labels_KK: Tensor
    """S: row y is the smooth label of class y"""

    def __init__(
        self,
        *,
        mek_weight: float,
        mek_scale: float,
        mek_true_share: float,
        consistency_transform: str,
        detach_class_weights: bool,
        joint_views: bool,
        class_counts: Sequence[int],
    ) -> None:
        super().__init__(
            consistency_weight=mek_weight,
            consistency_transform=consistency_transform,
            detach_class_weights=detach_class_weights,
            joint_views=joint_views,
        )
        weights_K = class_weights("inverse", class_counts) * len(class_counts)
        self.register_buffer("weights_K", mek_scale * weights_K)
        others_KK = weights_K.double().expand(len(weights_K), -1).clone().fill_diagonal_(0)
        smooth_KK = (1 - mek_true_share) * others_KK / others_KK.sum(dim=1, keepdim=True)
        self.register_buffer("smooth_labels_KK", smooth_KK.fill_diagonal_(mek_true_share).float())

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The part on the first view only, with smooth labels, a scalar, for integer targets_N or soft targets_NK."""
        targets_NK = one_hot(targets, like_NK=logits_NK)
        # This is not a matrix product, because autocast would round that to bfloat16.
        return cross_entropy(logits_NK, (targets_NK[:, :, None] * self.smooth_labels_KK).sum(dim=1))

    def consistency(self, first_NKHW: Tensor, second_NKHW: Tensor) -> Tensor:
        """The rebalanced consistency of both views' class maps, a scalar; each map is oriented as its view."""
        difference_NK = map_difference(first_NKHW, second_NKHW, transform=self.consistency_transform).mean(dim=(2, 3))
        return (self.weights_K * difference_NK).sum(dim=1).mean()


LOSS = Mek
