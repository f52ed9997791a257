"""Predictions of a temporal model, and what its evaluation says of it besides."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from torch import nn

from mien.config.model import ModelConfig
from mien.config.sections.temporal import TemporalParams
from mien.evaluate.model_facts import cost_document
from mien.models.cost import cost_of
from mien.temporal.clips import Clips
from mien.temporal.features import Outputs
from mien.temporal.training import Labelled, Trained, clip_logits


def labelled(clips: Clips, outputs: Outputs, split: str, *, classes: Sequence[str]) -> Labelled:
    """The clips of one split, whose frames have `outputs` in the order of `clips.frames`."""
    rows, places = clips.of_split(split)
    targets_B = torch.tensor([classes.index(label) for label in rows["label"]])
    return Labelled(outputs, [torch.from_numpy(place) for place in places], targets_B)


def predicted(clips: Clips, outputs: Outputs, pooling: nn.Module, split: str, *, classes: Sequence[str], seed: int) -> pd.DataFrame:
    """The rows of the clips of one split with the new columns seed, logits and predicted (the class), like those of `predict_seeds`."""
    rows, places = clips.of_split(split)
    logits_BK = clip_logits(pooling, outputs, [torch.from_numpy(place) for place in places]).numpy()
    return rows.assign(seed=seed, logits=list(logits_BK), predicted=[classes[at] for at in logits_BK.argmax(axis=1)])


def temporal_facts(
    config: ModelConfig, own: TemporalParams, trained: Trained, clips: Clips, *, weights: str, file_bytes: int
) -> dict[str, Any]:
    """JSON values for the head of metrics/evaluate/NAME.json; the cost is that of one frame, with the weights of the pooling."""
    tensors = list(trained.pooling.parameters())
    num_bytes = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    cost = cost_document(cost_of(config, tta="none"), file_bytes=file_bytes + num_bytes)
    cost["num_parameters"] += sum(tensor.numel() for tensor in tensors)
    by_split = clips.rows.groupby("split")
    return {
        "weights": weights,
        "classes": config.classes,
        "unit": "clip",
        "temporal": {
            "model": own.model,
            "pooling": own.pooling,
            "best_epoch": trained.best_epoch,
            "clips": {str(split): len(rows) for split, rows in by_split},
            "frames": {str(split): int(rows["num_frames"].sum()) for split, rows in by_split},
        },
        "cost": cost,
    }
