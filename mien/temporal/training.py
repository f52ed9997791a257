"""Trains what pools the frames of clips, on the stored outputs of the model of frames."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mien.config.sections.temporal import TemporalParams
from mien.core.errors import TrainingError
from mien.temporal.batch import Batch
from mien.temporal.features import Outputs
from mien.temporal.poolings import POOLINGS

MOMENTUM, STEP_EPOCHS, STEP_FACTOR = 0.9, 30, 0.2


@dataclass(frozen=True)
class Labelled:
    """Clips with their classes: the rows of the frames of each in `outputs`, and the index of its class, B."""

    outputs: Outputs
    clips: Sequence[Tensor]
    targets_B: Tensor


@dataclass(frozen=True)
class Trained:
    """A pooling in eval mode, and the losses of each epoch; `best_epoch` (from 1) has the weights. Without weights there is no epoch."""

    pooling: nn.Module
    train_loss: list[float]
    val_loss: list[float]
    best_epoch: int


def train_pooling(train: Labelled, val: Labelled, params: TemporalParams, *, num_classes: int, seed: int) -> Trained:
    """Trains with stochastic gradient descent on cross-entropy per clip, and keeps the first epoch with the smallest validation loss.

    Each draw is by a generator of `seed`, so that the same clips give the same weights. Raises TrainingError if the loss is not finite.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pooling = POOLINGS[params.pooling](train.outputs.features_ND.shape[1], num_classes)
    if not list(pooling.parameters()):
        return Trained(pooling.eval(), [], [], 0)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(pooling.parameters(), lr=params.lr, momentum=MOMENTUM, weight_decay=params.weight_decay)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, STEP_EPOCHS, STEP_FACTOR)
    whole = Batch.of(val.outputs.logits_NK, val.outputs.features_ND, val.clips)
    train_loss: list[float] = []
    val_loss: list[float] = []
    best = copy.deepcopy(pooling.state_dict())
    for _ in range(params.epochs):
        total = 0.0
        for chosen_B in torch.split(torch.randperm(len(train.clips), generator=generator), params.batch_size):
            clips = [drawn(train.clips[at], params.frames, generator) for at in chosen_B.tolist()]
            batch = Batch.of(train.outputs.logits_NK, train.outputs.features_ND, clips)
            loss = F.cross_entropy(pooling(batch, generator), train.targets_B[chosen_B])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach()) * len(chosen_B)
        if not math.isfinite(total):
            where = f"the {params.pooling} pooling, epoch {len(val_loss) + 1}"
            raise TrainingError(f"{where}: the loss is not finite; lower temporal.NAME.lr")
        schedule.step()
        train_loss.append(total / len(train.clips))
        with torch.inference_mode():
            val_loss.append(float(F.cross_entropy(pooling(whole), val.targets_B)))
        if val_loss[-1] < min(val_loss[:-1], default=float("inf")):
            best = copy.deepcopy(pooling.state_dict())
    pooling.load_state_dict(best)
    return Trained(pooling.eval(), train_loss, val_loss, 1 + val_loss.index(min(val_loss)))


def drawn(frames: Tensor, parts: int, generator: torch.Generator) -> Tensor:
    """One frame of each of so many equal parts of a clip, in order; all frames for 0 parts. A short clip gives a frame several times."""
    if not parts:
        return frames
    ends = torch.arange(parts + 1) * len(frames) / parts
    places = ends[:-1] + torch.rand(parts, generator=generator) * (ends[1:] - ends[:-1])
    return frames[places.long().clamp(max=len(frames) - 1)]


def clip_logits(pooling: nn.Module, outputs: Outputs, clips: Sequence[Tensor]) -> Tensor:
    """Logits of each clip from all of its frames, B×K. Each is pooled alone, so that they do not depend on the other clips."""
    with torch.inference_mode():
        logits = [pooling(Batch.of(outputs.logits_NK, outputs.features_ND, [rows])) for rows in clips]
    return torch.cat(logits).clone()
