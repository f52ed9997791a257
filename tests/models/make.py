"""Model configurations for tests: params.yaml's shape, a backbone of 0.1 M parameters unless said otherwise."""

from typing import Any

import torch

from mien.config.model import ModelConfig
from mien.config.sections.augment import AugmentParams
from mien.config.sections.train import TrainParams
from mien.models.build import ExpressionModel, build_model

BASELINES = ("resnet50", "inception_v3", "mobilenetv2_100", "densenet121", "efficientnet_b1")


def make_config(**changes: Any) -> ModelConfig:
    entry: dict[str, Any] = {
        "name": "tiny",
        "classes": ["angry", "happy", "sad"],
        "seed": 1,
        "backbone": "test_efficientnet",
        "weights": "none",
        "attention": "none",
        "head": "dense256",
        "dropout": 0.5,
        "loss": {"name": "cross_entropy", "class_weights": "inverse", "label_smoothing": 0.0},
        "recipe": "two_stage",
        "input_px": 64,
        "normalization": "backbone",
        "precision": "fp32",
        "train": TrainParams(),
        "augment": AugmentParams(),
    }
    return ModelConfig(**entry | changes)


def make_model(config: ModelConfig, *, seed: int = 0) -> ExpressionModel:
    torch.manual_seed(seed)
    return build_model(config)


def make_hollow(config: ModelConfig) -> ExpressionModel:
    """The model without the values of its weights, for what depends on shapes alone: takes a tenth of the time."""
    with torch.device("meta"):
        return build_model(config)


def pictures(num: int, side_px: int, *, seed: int = 0) -> torch.Tensor:
    """Random RGB uint8 pictures, N×3×S×S."""
    return torch.randint(256, (num, 3, side_px, side_px), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
