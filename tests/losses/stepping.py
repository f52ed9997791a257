"""A small network, a batch and a finished training, for the laws of losses that train the network themselves."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mien.config import declared
from mien.losses import build_loss
from mien.losses._step import Batch, Finished, StepLoss
from mien.models.build import ExpressionModel, build_model
from mien.store.face_images import Images
from tests.training.tiny import face_set, model_config

METHODS: dict[str, dict[str, Any]] = {
    "scn": {"head": "importance"},
    "rul": {"head": "uncertainty"},
    "bbn": {"head": "linear", "branches": 2},
    "mean_teacher_selected": {"head": "linear"},
}
"""what each method needs of its model"""
TRAIN = face_set(24)
COUNTS = TRAIN.class_counts(3)


def loss_of(name: str, **changes: Any) -> Any:
    loss = build_loss({"name": name, **declared.values("loss", name, changes)}, class_counts=COUNTS)
    assert isinstance(loss, StepLoss)
    return loss


def network(name: str, *, seed: int = 0, **changes: Any) -> ExpressionModel:
    """The network of a method, in training mode, without dropout."""
    torch.manual_seed(seed)
    return build_model(model_config(**{"dropout": 0.0, **METHODS[name], **changes})).train()


def plain(images_N3SS: Tensor) -> Tensor:
    return images_N3SS / 255


def batch_of(rows: list[int], *, epoch: int = 1, epochs: int = 10, augmented: Callable[[Tensor], Tensor] = plain, seed: int = 0) -> Batch:
    rows_N = torch.tensor(rows)
    return Batch(
        TRAIN.images_N3SS[rows_N],
        TRAIN.targets_N[rows_N],
        rows_N,
        epoch,
        epochs,
        generator=torch.Generator().manual_seed(seed),
        augmented=augmented,
    )


def finished() -> Finished:
    def seen(images: Images, of: Callable[[Tensor], Tensor]) -> Tensor:
        return of(images.all() / 255)

    return Finished(TRAIN, face_set(9, seed=1), ["angry", "happy", "sad"], seen)
