"""The sections of params.yaml that describe models and their training, and what all sections share; the others stand in mien/config/params.py."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from mien.config.faults import Fault, refuse

Fraction = Annotated[float, Field(ge=0, le=1)]
ABOVE = "__above"
Names = Annotated[tuple[str, ...], Field(strict=False)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


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


class HeadParams(Section):
    """Every parameter of a head there is; each head declares which of them it reads."""

    batch_norm: bool = Field(True, description="max_pool_dense256: a batch norm before the dense layer")
    l1_weights: NonNegativeFloat = Field(0.0, description="max_pool_dense256: strength of the L1 term of the dense layer's weights")
    l2_weights: NonNegativeFloat = Field(0.016, description="max_pool_dense256: strength of the L2 term of the dense layer's weights")
    l1_bias: NonNegativeFloat = Field(0.006, description="max_pool_dense256: strength of the L1 term of the dense layer's bias")
    l1_activations: NonNegativeFloat = Field(
        0.006, description="max_pool_dense256: strength of the L1 term of the dense layer's activations, mean over the batch"
    )


def only_if(**conditions: str | float) -> dict[str, Any]:
    """Marks a field as read only where another field of its section has this value, or, written FIELD__above, exceeds it."""
    return {"only_if": conditions}


class TrainParams(Section):
    epochs: PositiveInt = Field(24, description="epochs at most of the first (or only) stage")
    batch_size: PositiveInt = Field(16, ge=2, description="images per forward pass")
    accumulate: PositiveInt = Field(1, description="batches whose gradients are averaged to one step")
    optimizer: Literal["adam", "adamw", "sgd"] = Field("adam", description="optimiser")
    momentum: Fraction = Field(0.9, lt=1, description="of sgd", json_schema_extra=only_if(optimizer="sgd"))
    lr: PositiveFloat = Field(1e-3, description="learning rate of the first (or only) stage")
    weight_decay: NonNegativeFloat = Field(0.0, description="weight decay, of neither norms nor biases")
    clip_norm: NonNegativeFloat = Field(0.0, description="gradients are scaled down to this norm; 0 leaves them")
    schedule: Literal["none", "plateau", "exponential", "cosine"] = Field("plateau", description="how the learning rate falls, by epochs")
    plateau_patience: NonNegativeInt = Field(
        3, description="epochs without improvement before the learning rate is reduced", json_schema_extra=only_if(schedule="plateau")
    )
    plateau_factor: Fraction = Field(0.3, gt=0, lt=1, description="factor of that reduction", json_schema_extra=only_if(schedule="plateau"))
    decay: Fraction = Field(
        0.9, gt=0, description="factor of the exponential schedule per epoch", json_schema_extra=only_if(schedule="exponential")
    )
    warmup_epochs: NonNegativeInt = Field(
        0,
        description="epochs over which the cosine schedule first rises; the last epoch is never one of them",
        json_schema_extra=only_if(schedule="cosine"),
    )
    fine_tune_epochs: NonNegativeInt = Field(20, description="epochs at most of the second stage; 0 leaves it out")
    fine_tune_lr: PositiveFloat = Field(1e-4, description="learning rate of the second stage")
    fine_tune_layers: PositiveInt = Field(30, description="last layers of the backbone that the second stage trains")
    sampler: Literal["shuffled", "weighted", "class_balanced"] = Field(
        "shuffled", description="weighted draws with replacement, weight 1/n_k; class_balanced takes every class equally often"
    )
    monitor: Literal["val_loss", "val_macro_f1", "val_mean_accuracy"] = Field(
        "val_loss", description="validation figure that early stopping and the checkpoint go by"
    )
    patience: PositiveInt = Field(8, description="epochs without improvement before a stage stops")


class AugmentParams(Section):
    """Applied to training batches only."""

    rotation_deg: NonNegativeFloat = Field(5.0, le=180, description="largest rotation either way, degrees")
    shift: Fraction = Field(0.03, description="largest shift along each axis, share of the side")
    zoom: Fraction = Field(0.05, lt=1, description="scale is drawn from 1 - zoom to 1 + zoom")
    crop: Fraction = Field(0.0, lt=1, description="largest share of the side that a random square crop takes away")
    flip: Fraction = Field(0.5, description="chance of a horizontal flip")
    brightness: Fraction = Field(0.0, lt=1, description="factor drawn from 1 - brightness to 1 + brightness")
    contrast: Fraction = Field(0.0, lt=1, description="factor drawn from 1 - contrast to 1 + contrast")
    saturation: Fraction = Field(0.0, lt=1, description="factor drawn from 1 - saturation to 1 + saturation")
    hue_deg: NonNegativeFloat = Field(0.0, le=180, description="largest turn of the hue either way, degrees")
    rand_augment: NonNegativeInt = Field(0, le=30, description="RandAugment's magnitude, 0 to 30; 0 leaves it out")
    rand_augment_ops: PositiveInt = Field(
        2, description="RandAugment's operations per picture", json_schema_extra=only_if(rand_augment__above=0)
    )
    erase: Fraction = Field(0.0, description="chance that a random rectangle is erased")
    erase_min_area: Fraction = Field(
        0.02, gt=0, description="of that rectangle, share of the picture", json_schema_extra=only_if(erase__above=0)
    )
    erase_max_area: Fraction = Field(
        0.25, gt=0, description="of that rectangle, share of the picture", json_schema_extra=only_if(erase__above=0)
    )
    mixup: NonNegativeFloat = Field(0.0, description="Mixup's α, unitless; 0 leaves it out")
    cutmix: NonNegativeFloat = Field(0.0, description="CutMix's α, unitless; 0 leaves it out; with Mixup, each batch takes one of them")

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.erase_min_area > self.erase_max_area:
            yield "erase_min_area", f"must be at most erase_max_area, {self.erase_max_area:g}", self.erase_min_area


class ModelParams(Section):
    backbone: str = Field(description="timm's name of the architecture, or cnn")
    weights: str = Field(description="none, imagenet, or a folder with BACKBONE*.safetensors")
    attention: str = Field(description="attention block after the last feature map, or none")  # no default: dvc.yaml names its file
    head: str = Field(description="pooling and classifier")
    dropout: Fraction = Field(0.5, lt=1, description="dropout before the last layer")
    loss: str = Field(description="loss function")
    recipe: Literal["one_stage", "two_stage"] = Field("two_stage", description="two_stage: frozen backbone, then its last layers")
    input_px: PositiveInt = Field(224, ge=32, description="side of the network's input, pixels")
    normalization: Literal["backbone", "shared", "half"] = Field(
        "backbone", description="input statistics: the pretraining's, ImageNet's, or mean = std = 0.5"
    )
    precision: Literal["fp32", "bf16"] = Field("fp32", description="bf16 is autocast with channels-last; it changes results")
    seeds: Annotated[tuple[NonNegativeInt, ...], Field(strict=False)] = Field(
        (), description="the model is trained once with each; the first one's weights are the model's; none for `seed` alone"
    )
    loss_params: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `loss`")
    head_params: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `head`")
    train: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `train`")
    augment: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `augment`")

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if len(set(self.seeds)) != len(self.seeds):
            yield "seeds", "must differ from one another", self.seeds
