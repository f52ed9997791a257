"""The section `models`: the entry of one model."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from mien.config.faults import Fault, refuse
from mien.config.imagenet import IMAGENET
from mien.config.sections.base import Fraction, Section

Tta = Literal["none", "flip", "ten_crop"]


class ModelParams(Section):
    backbone: str = Field(description="name of the architecture in timm, or cnn")
    weights: str = Field(
        description="none, imagenet, fer (the expression model that mien ships, a mobilenetv2_100), ../models/NAME (another model, which "
        "is then trained first), or a folder with BACKBONE*.safetensors or the model.json of a model; a path is absolute or relative to "
        "the folder weights"
    )
    weights_tag: str = Field(
        "",
        description="with weights imagenet: timm's tag of the weights, such as a1_in1k; empty means the one that mien pins for the "
        "backbone, which was trained on ImageNet-1k alone (mien/config/imagenet.py)",
    )
    attention: str = Field(description="attention block after the last feature map, or none")  # no default: dvc.yaml names its file
    head: str = Field(description="pooling and classifier")
    dropout: Fraction = Field(0.5, lt=1, description="dropout before the last layer")
    drop_path: Fraction = Field(0.0, lt=1, description="stochastic depth: probability of skipping the last block of the backbone")
    branches: PositiveInt = Field(
        1, le=2, description="2 doubles the last block of the backbone; the head sees the maps of both, side by side, as the loss bbn needs"
    )
    loss: str = Field(description="loss function")
    recipe: Literal["one_stage", "two_stage"] = Field(
        "two_stage", description="two_stage trains the head with a frozen backbone, then also the last layers of the backbone"
    )
    input_px: PositiveInt = Field(224, ge=32, description="side of the input of the network, in pixels")
    normalization: Literal["backbone", "shared", "half"] = Field(
        "backbone", description="mean and standard deviation of the input: those of the pretraining, those of ImageNet, or 0.5"
    )
    precision: Literal["fp32", "bf16"] = Field("fp32", description="bf16 is autocast with the channels-last layout; it changes results")
    tta: Tta = Field(
        "none",
        description="test-time augmentation, which averages the probabilities of several views of an image: flip adds its mirror image; "
        "ten_crop predicts the corners and the centre at 7/8 of the side, and their mirror images",
    )
    seeds: Annotated[tuple[NonNegativeInt, ...], Field(strict=False)] = Field(
        (), description="the model is trained once with each seed, and the weights of the first one are used; empty means `seed` alone"
    )
    loss_params: Mapping[str, Any] = Field(default_factory=dict, description="values of this model for parameters under `loss`")
    head_params: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `head`")
    train: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `train`")
    augment: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `augment`")
    explain: Mapping[str, Any] = Field(default_factory=dict, description="this model's own values of parameters under `explain`")

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if len(set(self.seeds)) != len(self.seeds):
            yield "seeds", "must differ from one another", self.seeds
        if self.weights_tag and self.weights != IMAGENET:
            yield "weights_tag", "must be left out unless weights is imagenet", self.weights_tag
