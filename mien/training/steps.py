"""Losses that train the network themselves (STEP in mien.losses): what a training asks of them, and what it records.

For a loss of one or two views, all of this does nothing.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from mien.config.model import ModelConfig
from mien.core import registry
from mien.core.errors import TrainingError
from mien.core.naming import NUM_DIGITS
from mien.losses._step import Finished, StepLoss
from mien.models.build import ExpressionModel
from mien.models.inputs import to_input
from mien.store.face_images import Images
from mien.store.faces import FaceSet
from mien.training.processes import Processes

BATCH_SIZE = 64
EARLY = 10
"""the first epoch in which SCN's authors let labels change"""


def step_loss(loss: nn.Module) -> StepLoss | None:
    """The loss, if it trains the network itself."""
    return loss if isinstance(loss, StepLoss) else None


def second_batch(config: ModelConfig) -> str:
    """The sampler of the second batch that the loss of a model needs, or nothing."""
    name: str = registry.constant("mien.losses", config.loss["name"], "SECOND_BATCH", default="")
    return name


def row_numbers(loss: nn.Module, num: int) -> Tensor | None:
    """The numbers of `num` training images, for losses that must know which image they see."""
    return torch.arange(num) if isinstance(loss, StepLoss) else None


def check_one_process(processes: Processes, config: ModelConfig, loss: nn.Module) -> None:
    """Raises TrainingError if several processes are to share a training whose loss knows nothing of that."""
    if processes.num > 1 and isinstance(loss, StepLoss):
        raise TrainingError(
            f"runtime.devices: must be 1, as runtime.num_nodes, to train {config.name}, because the loss {config.loss['name']} needs whole "
            f"batches in one process (got {processes.num} processes); set both to 1, or another loss"
        )


def caution(config: ModelConfig, *, pretrained: bool) -> str:
    """A warning about labels that change before the network can know better, or never; empty if there is nothing to warn of."""
    first, epochs = config.loss.get("relabel_epoch", 0), config.train.epochs
    if not first or config.loss.get("relabel") == "none":
        return ""
    key = f"models.{config.name}.loss_params.relabel_epoch"
    if first > epochs:
        return f"{key}: no label can change before epoch {first}, but the training has {epochs}; lower it, or set relabel to none"
    if first < EARLY and not pretrained:
        return (
            f"{key}: labels change from epoch {first} on, while a network from random weights may still give every image the most frequent "
            f"class; set it to {EARLY} or more unless this is a trial"
        )
    return ""


def findings(loss: nn.Module, model: ExpressionModel, train: FaceSet, val: FaceSet, config: ModelConfig, *, device: str) -> dict[str, Any]:
    """What the method found, JSON values, in which images have hashed names.

    `model` holds the weights that are kept. Empty for a loss of one or two views.
    """
    if not isinstance(loss, StepLoss):
        return {}
    model.to(device)

    def seen(images: Images, of: Callable[[Tensor], Tensor]) -> Tensor:
        parts = []
        with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=config.precision == "bf16"):
            for images_B3SS in images.split(BATCH_SIZE):
                parts.append(of(to_input(images_B3SS.to(device), input_px=config.input_px, channels_last=True)).cpu())
        return torch.cat(parts)

    found = loss.findings(model.eval(), Finished(train, val, config.classes, seen))
    model.cpu()
    if "images" in found:
        found["images"] = [{"image": train.sample_ids[entry.pop("row")][:NUM_DIGITS], **entry} for entry in found["images"]]
    return found
