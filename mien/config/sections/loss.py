"""The section `loss`: the defaults of the losses' parameters, which each model may override."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat

from mien.config.sections.base import Fraction, Section


class LossParams(Section):
    """Every loss parameter there is; each loss declares which of them it reads."""

    gamma: NonNegativeFloat = Field(2.0, description="focal term: focusing exponent γ, unitless; 0 is cross-entropy")
    class_weights: Literal["none", "inverse", "effective"] = Field(
        "inverse", description="N / (K n_k), or by effective number of images (beta); counts from the training split"
    )
    label_smoothing: Fraction = Field(0.0, lt=1, description="share of the target spread evenly over the classes")
    beta: Fraction = Field(
        0.999, lt=1, description="effective number of images: weight (1 - β) / (1 - β^n_k), unitless; 0 weighs all alike"
    )
    weight_norm: Literal["classes", "none"] = Field(
        "classes", description="weights by effective number sum to the number of classes, or stay"
    )
    rbc_weight: NonNegativeFloat = Field(0.1, description="rebalanced: weight λ of the consistency term; 0 leaves it out")
    rbf_weight: NonNegativeFloat = Field(0.5, description="rebalanced: weight μ of the focus term; 0 leaves it out")
    consistency_norm: Literal["squared", "absolute"] = Field("squared", description="rebalanced: of the difference of two class maps")
    consistency_transform: Literal["horizontal", "vertical", "erase", "intensity", "scale"] = Field(
        "horizontal", description="what makes the second view of a picture"
    )
    detach_class_weights: bool = Field(True, description="the consistency of class maps gives no gradient to the classifier's weights")
    joint_views: bool = Field(True, description="both views in one forward pass; batch norm then sees both at once")
    eac_weight: NonNegativeFloat = Field(5.0, description="eac: weight λ of the consistency term")
    mek_weight: NonNegativeFloat = Field(0.1, description="mek: weight of the consistency term")
    mek_scale: PositiveFloat = Field(0.1, description="mek: scale of the class weights, scale · N / n_k")
    mek_true_share: Fraction = Field(0.7, gt=0, description="mek: share of the smooth label that the true class gets")
    tau: NonNegativeFloat = Field(1.0, description="logit_adjusted: weight τ of the log prior; 0 is cross-entropy")
