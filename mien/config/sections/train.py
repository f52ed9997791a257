"""The section `train`: the defaults of the training loop, which each model may override."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from mien.config.faults import Fault, refuse
from mien.config.sections.base import Fraction, Section, only_if


class TrainParams(Section):
    epochs: PositiveInt = Field(8, description="maximum number of epochs of the first (or only) stage")
    batch_size: PositiveInt = Field(16, ge=2, description="images per forward pass")
    accumulate: PositiveInt = Field(1, description="number of batches whose gradients are averaged for one step")
    optimizer: Literal["adam", "adamw", "adamax", "sgd"] = Field("adam", description="optimiser")
    momentum: Fraction = Field(0.9, lt=1, description="momentum of sgd", json_schema_extra=only_if(optimizer="sgd"))
    lr: PositiveFloat = Field(2e-3, description="learning rate of the first (or only) stage")
    weight_decay: NonNegativeFloat = Field(0.0, description="weight decay; not applied to norms or biases")
    layer_decay: Fraction = Field(
        1.0, gt=0, description="factor of the learning rate from each layer of the backbone to the one below it; 1 gives all the same rate"
    )
    clip_norm: NonNegativeFloat = Field(0.0, description="gradients with a larger norm are scaled down to this norm; 0 turns this off")
    schedule: Literal["none", "plateau", "exponential", "cosine"] = Field(
        "cosine", description="how the learning rate decreases over the epochs"
    )
    plateau_patience: NonNegativeInt = Field(
        3, description="epochs without improvement before the learning rate is reduced", json_schema_extra=only_if(schedule="plateau")
    )
    plateau_factor: Fraction = Field(
        0.3, gt=0, lt=1, description="factor by which the learning rate is then multiplied", json_schema_extra=only_if(schedule="plateau")
    )
    decay: Fraction = Field(
        0.9, gt=0, description="factor of the exponential schedule for each epoch", json_schema_extra=only_if(schedule="exponential")
    )
    warmup_epochs: NonNegativeInt = Field(
        1,
        description="number of epochs in which the cosine schedule first rises; the last epoch is never one of them",
        json_schema_extra=only_if(schedule="cosine"),
    )
    sam_rho: NonNegativeFloat = Field(
        0.0, description="ρ of sharpness-aware minimisation, which takes two passes for each step; 0 turns it off; needs accumulate 1"
    )
    ema: Fraction = Field(
        0.0,
        lt=1,
        description="decay, per step, of the exponential moving average of the weights, which is validated and kept in place of the "
        "weights; 0 turns it off",
    )
    start_px: NonNegativeInt = Field(
        0,
        description="side of the input in the first epoch, in pixels, from which it grows to models.NAME.input_px; 0 trains at that size "
        "only",
    )
    full_px_after: Fraction = Field(
        0.7,
        description="share of the epochs of a stage during which the input grows",
        json_schema_extra=only_if(start_px__above=0),
    )
    distill_weight: Fraction = Field(
        0.5,
        description="for the students under distillation: share of the loss that is the divergence from the teachers; the rest is the "
        "model's own loss",
    )
    distill_temperature: PositiveFloat = Field(
        2.0,
        description="for the students under distillation: temperature at which the probabilities of teachers and student are compared",
        json_schema_extra=only_if(distill_weight__above=0),
    )
    fine_tune_epochs: NonNegativeInt = Field(20, description="maximum number of epochs of the second stage; 0 leaves it out")
    fine_tune_lr: PositiveFloat = Field(1e-4, description="learning rate of the second stage")
    fine_tune_layers: PositiveInt = Field(30, description="number of the last layers of the backbone that the second stage trains")
    sampler: Literal["shuffled", "weighted", "class_balanced", "reversed"] = Field(
        "shuffled",
        description="weighted draws with replacement with weight 1 / n_k; class_balanced draws every class equally often; reversed draws "
        "classes with a probability proportional to 1 / n_k, so rare ones most often",
    )
    monitor: Literal["val_loss", "val_accuracy", "val_macro_f1", "val_mean_accuracy"] = Field(
        "val_loss", description="validation metric that decides early stopping and which checkpoint is kept"
    )
    patience: PositiveInt = Field(8, description="epochs without improvement before a stage stops")

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.sam_rho and self.accumulate > 1:
            yield "sam_rho", "must be 0 if accumulate is above 1, because it repeats the batch of each step", self.sam_rho
