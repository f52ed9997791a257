"""Models with weights that are not those they were made with, stored as the stage `train` stores them, and their answers."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mien.config.model import ModelConfig
from mien.models.build import ExpressionModel
from mien.models.store import describe_model, save_model
from mien.predict.answer import Answer
from tests.models.make import make_config, make_model, pictures
from tests.predict.network import answer

CONFIG = make_config(head="dense", head_params={"hidden": 64})
SIZE_PX = 48


def squares(num: int, size_px: int = SIZE_PX, *, seed: int = 0) -> npt.NDArray[np.uint8]:
    """RGB squares of smooth random colours, N×3×S×S. To a deep network, images of independent pixels are all alike."""
    colours = pictures(num, 5, seed=seed).float()
    smooth = nn.functional.interpolate(colours, size=(size_px, size_px), mode="bicubic")
    return (smooth + pictures(num, size_px, seed=seed + 1) / 16).clamp(0, 255).to(torch.uint8).numpy()


def trained_like(config: ModelConfig, *, size_px: int = SIZE_PX) -> ExpressionModel:
    """A model whose batch norms have the statistics of images and random factors: freshly made ones may be 1, or 0 for whole layers.

    The factors are below 1, because a deep network of random weights otherwise amplifies rounding errors from layer to layer.
    """
    model = make_model(config).train()
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        if norm.affine:
            nn.init.uniform_(norm.weight, 0.2, 0.8)
            nn.init.normal_(norm.bias, 0, 0.2)
        norm.momentum = 1.0
    if config.attention == "multi_scale":
        nn.init.uniform_(model.attention.gamma_C, 0.2, 0.8)  # a new block has 0, and does nothing
    images = torch.from_numpy(squares(16, size_px, seed=5)).float() / 255
    with torch.no_grad():
        model(nn.functional.interpolate(images, size=(config.input_px, config.input_px), mode="bilinear"))
    return model.eval()


def saved(folder: Path, config: ModelConfig = CONFIG) -> Path:
    """Stores a model like a trained one."""
    save_model(folder, trained_like(config), config, facts={"fingerprint": "abc"})
    return folder


def answer_for(folder: Path, **changes: Any) -> Answer:
    """The answer of the model in a folder."""
    described = describe_model(folder)
    known = {"name": described.name, "classes": described.classes, "size_px": SIZE_PX, "weights_sha256": described.weights_sha256}
    return answer(**{**known, **changes})
