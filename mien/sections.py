"""The sections of params.yaml that describe models and their training, and what all sections share; the others stand in mien/params.py."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

Fraction = Annotated[float, Field(ge=0, le=1)]
Names = Annotated[tuple[str, ...], Field(strict=False)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


class LossParams(Section):
    """Every loss parameter there is; each loss declares which of them it reads."""

    gamma: NonNegativeFloat = Field(2.0, description="focal loss: focusing exponent, unitless; 0 is cross-entropy")
    class_weights: Literal["none", "inverse"] = Field("inverse", description="inverse: N / (K n_k), counts from the training split")
    label_smoothing: Fraction = Field(0.0, lt=1, description="share of the target spread evenly over the classes")


class TrainParams(Section):
    epochs: PositiveInt = Field(24, description="epochs at most of the first (or only) stage")
    batch_size: PositiveInt = Field(16, ge=2, description="images per step")
    optimizer: Literal["adam", "adamw"] = Field("adam", description="optimiser")
    lr: PositiveFloat = Field(1e-3, description="learning rate of the first (or only) stage")
    weight_decay: NonNegativeFloat = Field(0.0, description="weight decay")
    fine_tune_epochs: NonNegativeInt = Field(20, description="epochs at most of the second stage; 0 leaves it out")
    fine_tune_lr: PositiveFloat = Field(1e-4, description="learning rate of the second stage")
    fine_tune_layers: PositiveInt = Field(30, description="last layers of the backbone that the second stage trains")
    sampler: Literal["shuffled", "weighted"] = Field("shuffled", description="weighted draws with replacement, weight 1/n_k")
    monitor: Literal["val_loss", "val_macro_f1", "val_mean_accuracy"] = Field(
        "val_loss", description="validation figure that early stopping and the checkpoint go by"
    )
    patience: PositiveInt = Field(8, description="epochs without improvement before a stage stops")
    plateau_patience: NonNegativeInt = Field(3, description="epochs without improvement before the learning rate is reduced")
    plateau_factor: Fraction = Field(0.3, gt=0, description="factor of that reduction; 1 never reduces")


class AugmentParams(Section):
    """Applied to training batches only."""

    rotation_deg: NonNegativeFloat = Field(5.0, le=180, description="largest rotation either way, degrees")
    shift: Fraction = Field(0.03, description="largest shift along each axis, share of the side")
    zoom: Fraction = Field(0.05, lt=1, description="scale is drawn from 1 - zoom to 1 + zoom")
    flip: Fraction = Field(0.5, description="chance of a horizontal flip")


class ModelParams(Section):
    backbone: str = Field(description="timm's name of the architecture")
    weights: str = Field(description="none, imagenet, or a folder with BACKBONE*.safetensors")
    attention: str = Field(description="attention block after the last feature map, or none")  # no default: dvc.yaml names its file
    head: Literal["dense256", "dense512"] = Field("dense256", description="pooling and classifier")
    dropout: Fraction = Field(0.5, lt=1, description="dropout before the last layer")
    loss: str = Field(description="loss function")
    recipe: Literal["one_stage", "two_stage"] = Field("two_stage", description="two_stage: frozen backbone, then its last layers")
    input_px: PositiveInt = Field(224, ge=32, description="side of the network's input, pixels")
    normalization: Literal["backbone", "shared", "half"] = Field(
        "backbone", description="input statistics: the pretraining's, ImageNet's, or mean = std = 0.5"
    )
    precision: Literal["fp32", "bf16"] = Field("fp32", description="bf16 is autocast with channels-last; it changes results")
    loss_params: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `loss`")
    train: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `train`")
    augment: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `augment`")
