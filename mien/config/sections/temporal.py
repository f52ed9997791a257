"""The section `temporal`: models of clips, each on top of a model of single frames."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from mien.config.sections.base import Section


class TemporalParams(Section):
    model: str = Field(description="name of the model that sees each frame; it is not trained further; of several seeds the first")
    pooling: Literal["mean", "fan", "gru"] = Field(
        description="mean averages the logits of the frames; fan weights their features by attention; gru reads them in order"
    )
    frames: NonNegativeInt = Field(
        3, description="fan, gru: in training a clip is cut into so many equal parts, and one frame of each is drawn; 0 takes all frames"
    )
    epochs: PositiveInt = Field(60, description="fan, gru: number of epochs; the one with the smallest validation loss is kept")
    batch_size: PositiveInt = Field(48, description="fan, gru: clips per step")
    lr: PositiveFloat = Field(1e-2, description="fan, gru: learning rate of SGD with momentum 0.9, times 0.2 after every 30 epochs")
    weight_decay: NonNegativeFloat = Field(1e-4, description="fan, gru: weight decay")
