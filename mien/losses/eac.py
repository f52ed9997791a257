"""Erasing attention consistency, EAC. Shapes: N batch, K classes, H×W grid of the class maps."""

from collections.abc import Sequence

from torch import Tensor

from mien.losses._consistency import TwoViewLoss, map_difference
from mien.losses._terms import cross_entropy

PARAMETERS = {
    "eac_weight": {"default": 5.0, "ge": 0, "description": "weight λ of the consistency term, unitless; 0 leaves it out"},
    "consistency_transform": "_consistency",
    "detach_class_weights": "_consistency",
    "joint_views": "_consistency",
}
SOFT_TARGETS = True
TWO_VIEWS = True


class Eac(TwoViewLoss):
    """Erasing attention consistency (Zhang et al. 2022; the erasing itself, `augment.erase`, is done before both views are made).

    l = CE(f, y) + λ 1/(N K H W) Σ_i Σ_k Σ_hw (A_ik - back(Ã_ik))²

    f and A are logits and class maps of the first view, Ã class maps of the second, y is the image's class, back undoes the movement of
    `consistency_transform`, λ = eac_weight ≥ 0 (0 leaves the term out). There are no class weights. Range [0, ∞).
    For a soft target, the CE terms of all classes are summed, each multiplied by its share.
    Reduction: mean over all N K H W places, as in the authors' published code.
    """

    def __init__(
        self,
        *,
        eac_weight: float,
        consistency_transform: str,
        detach_class_weights: bool,
        joint_views: bool,
        class_counts: Sequence[int],  # noqa: ARG002  every loss is given them
    ) -> None:
        super().__init__(
            consistency_weight=eac_weight,
            consistency_transform=consistency_transform,
            detach_class_weights=detach_class_weights,
            joint_views=joint_views,
        )

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The part on the first view only, CE(f, y), a scalar, for integer targets_N or soft targets_NK."""
        return cross_entropy(logits_NK, targets)

    def consistency(self, first_NKHW: Tensor, second_NKHW: Tensor) -> Tensor:
        """The mean squared difference of both views' class maps, a scalar; each map is oriented as its view."""
        return map_difference(first_NKHW, second_NKHW, transform=self.consistency_transform).mean()


LOSS = Eac
