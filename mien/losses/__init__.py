"""Losses: one file each, found by name. A loss file holds

PARAMETERS    the fields of mien.sections.LossParams that the loss reads, a literal (it is read without importing torch)
SOFT_TARGETS  whether `forward` also takes targets_NK, one distribution over the classes per image; a literal
LOSS          the class: LOSS(**parameters, class_counts=...), whose forward(logits_NK, targets_N) is a scalar
"""

from collections.abc import Sequence
from typing import Any

from torch import nn

from mien import registry


def build_loss(settings: dict[str, Any], *, class_counts: Sequence[int]) -> nn.Module:
    """The loss that `settings` (ModelConfig.loss: its name and its parameters) names.

    `class_counts` are the training images of each class, in the order of the model's outputs.
    """
    parameters = {key: value for key, value in settings.items() if key != "name"}
    loss: nn.Module = registry.load("mien.losses", settings["name"], "LOSS")(**parameters, class_counts=class_counts)
    return loss
