"""One training of the tiny task from a fresh model, for laws about trainings that are interrupted or shared between processes."""

from collections.abc import Callable
from pathlib import Path

import torch

from mien.config.model import ModelConfig
from mien.models.build import build_model
from mien.training.callbacks import Row
from mien.training.fit import Fitted, fit
from mien.training.processes import ALONE, Processes
from tests.training.tiny import face_set

TRAIN, VAL = face_set(36, seed=0), face_set(18, seed=1)
TAUGHT_NK = torch.softmax(torch.randn(len(TRAIN), 3, generator=torch.Generator().manual_seed(0)), dim=1)


def fitted(
    config: ModelConfig, folder: Path, *, on_epoch: Callable[[Row], None], processes: Processes = ALONE
) -> tuple[Fitted, dict[str, torch.Tensor]]:
    """What `fit` returns with its checkpoints in `folder`, and the weights."""
    torch.manual_seed(config.seed)
    model = build_model(config)
    found = fit(
        model,
        TRAIN,
        VAL,
        config=config,
        pretrained=config.recipe == "two_stage",
        checkpoints=folder,
        taught_NK=TAUGHT_NK if config.teachers else None,
        on_epoch=on_epoch,
        processes=processes,
    )
    return found, dict(model.state_dict())
