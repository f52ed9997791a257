"""What the answers of a temporal model need: the folder data/temporal/NAME, which the stage `temporal` writes. No torch is imported."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, ValidationError

from mien.config.sections.base import Section
from mien.core.outputs import damaged, missing, read_json_output
from mien.predict.answer import Answer, of_another_version
from mien.predict.clips.pooling import POOLINGS, Figures, Frames, Weights

WEIGHTS, DESCRIPTION = "pooling.safetensors", "temporal.json"


class TemporalAnswer(Section):
    """The file temporal.json."""

    model: str
    """the model of single frames"""
    pooling: Literal["mean", "fan", "gru"]
    answer: Answer
    """name, classes, temperature, thresholds and test metrics are those of clips; all about the single face is that of the model"""
    best_epoch: Annotated[int, Field(ge=0)]
    train_loss: list[float]
    val_loss: list[float]
    """of each epoch; empty for a pooling without weights"""


@dataclass(frozen=True)
class Pooling:
    """What makes one answer of the frames of a clip. Legend: K classes."""

    temporal: TemporalAnswer
    weights: Weights

    def probabilities(self, frames: Frames) -> Figures:
        """Calibrated probabilities of the clip, K."""
        logits_K = POOLINGS[self.temporal.pooling](self.weights, frames).astype(np.float64)
        scaled_K = logits_K / self.temporal.answer.temperature
        shares_K = np.exp(scaled_K - scaled_K.max())
        return np.asarray(shares_K / shares_K.sum(), np.float32)


def read_pooling(folder: Path) -> Pooling:
    """The content of a folder. Raises TableError if a file is missing, damaged or of another version."""
    from safetensors import SafetensorError  # of the extra `train`, as the models of a repository are
    from safetensors.numpy import load

    file, weights = folder / DESCRIPTION, folder / WEIGHTS
    try:
        temporal = TemporalAnswer.model_validate(read_json_output(file))
    except ValidationError as error:
        raise of_another_version(error, where=str(file), remedy=f"run `dvc repro temporal@{folder.name}`") from None
    try:
        return Pooling(temporal, load(weights.read_bytes()))
    except FileNotFoundError:
        raise missing(weights) from None
    except SafetensorError as error:
        raise damaged(weights, f"is no file of weights ({error})") from None
