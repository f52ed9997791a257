"""Losses: one file each, found by name; files whose names begin with _ contain what several losses share. A loss file defines:

PARAMETERS    the parameters that the loss reads from `loss:` in params.yaml, a literal (it is read without importing torch): each with its
              default, bounds, choices and description (mien.config.declared.Declaration), or with the file that declares it for
              several losses
SOFT_TARGETS  whether the loss also accepts targets_NK, one distribution over the classes per image (Mixup); a literal
TWO_VIEWS     whether it trains on two views of each image; a literal
LOSS          the class: LOSS(**parameters, class_counts=...), whose forward(logits_NK, targets) is the loss of one view, a scalar

A loss with class weights also defines:

validation(logits_NK, targets)  the loss of validation images, a scalar, with or without the weights (the parameter val_loss of
                                _class_weights.py); of other losses it is `forward`

A loss of two views also defines:

second_view(images_NCHW, generator=...)  the second view of a batch in [0, 1]; random draws come from the CPU generator
pair(first, second, targets)             the training loss of both (_views.View), a scalar; `forward` is then its part on the first view
                                         only, as the loss of validation images is
detach_class_weights, joint_views        parameters for the training step: how it computes the views' class maps and forward passes

A method that needs more of a step than logits and class maps (features, the epoch, which image it sees, a second batch, a second network)
defines, and its class is a _step.StepLoss:

STEP          true: the loss trains the network itself; a literal. It is not mixed, distilled, repeated by SAM or shared between processes
SECOND_BATCH  the sampler (mien.training.samplers) of a second batch that each batch is followed by, if it needs one; a literal
step(model, batch)  one step (_step.Batch), which returns the loss and the predictions that the training accuracy counts (_step.Stepped)

`forward` is then the loss of validation images. What else such a class may define is listed there: state, its own network for validation
and prediction, which epochs may be kept, what it found.

NEEDS  what any loss or head needs of its model: keys of the model's entry with the values that they may have, such as
       {"head": ["linear"], "train.ema": [0]}; a literal
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from mien.core import registry


def build_loss(settings: dict[str, Any], *, class_counts: Sequence[int]) -> nn.Module:
    """The loss described by `settings` (ModelConfig.loss: its name and its parameters).

    `class_counts` are the numbers of training images of each class, in the order of the model's outputs.
    """
    parameters = {key: value for key, value in settings.items() if key != "name"}
    loss: nn.Module = registry.load("mien.losses", settings["name"], "LOSS")(**parameters, class_counts=class_counts)
    return loss


def validation_loss(loss: nn.Module, logits_NK: Tensor, targets: Tensor) -> Tensor:
    """The loss of validation images (val_loss), a scalar, for integer targets_N or soft targets_NK."""
    own: Tensor = loss.validation(logits_NK, targets) if hasattr(loss, "validation") else loss(logits_NK, targets)  # type: ignore[operator]
    return own
