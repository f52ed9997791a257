"""The section `train`: the defaults of the training loop, which each model may override."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from mien.config.sections.base import Fraction, Section, only_if


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
