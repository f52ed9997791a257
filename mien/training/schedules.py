"""Learning rates and input sizes that depend only on the epoch; the plateau schedule depends on metrics and is a callback of its own
(callbacks.Plateau).
"""

import math

from lightning.pytorch import Callback, LightningModule, Trainer
from typing_extensions import override

from mien.config.sections.train import TrainParams
from mien.training.optimizers import set_rate

SIDE_STEP_PX = 16


def rate(settings: TrainParams, lr: float, *, epoch: int, epochs: int) -> float:
    """The learning rate in `epoch` (from 0) of at most `epochs`.

    exponential: lr · decay^epoch. cosine: the rate rises in equal steps during warmup_epochs, and then follows one period of
    Loshchilov & Hutter 2017, eq. 5, down to 0 after the last epoch; a stage has at least one epoch after the warm-up.
    """
    if settings.schedule == "exponential":
        return lr * settings.decay**epoch
    if settings.schedule == "cosine":
        rising = min(settings.warmup_epochs, epochs - 1)
        if epoch < rising:
            return lr * (epoch + 1) / (rising + 1)
        return lr * 0.5 * (1 + math.cos(math.pi * (epoch - rising) / (epochs - rising)))
    return lr


def input_side(settings: TrainParams, input_px: int, *, epoch: int, epochs: int) -> int:
    """The side of the input, in pixels, in `epoch` (from 0) of at most `epochs`.

    It grows linearly from start_px, in steps of SIDE_STEP_PX, and is `input_px` after the share full_px_after of the epochs and in the last
    epoch. Training small first takes less time, and ends as well as training at full size (Tan and Le 2021, arXiv:2104.00298, section 4).
    """
    growing = min(settings.full_px_after * epochs, epochs - 1)
    if not settings.start_px or epoch >= growing:
        return input_px
    return settings.start_px + int((input_px - settings.start_px) * epoch / growing / SIDE_STEP_PX) * SIDE_STEP_PX


class ByEpoch(Callback):
    """Sets the learning rate at the start of each epoch from the epoch's number, so resuming needs no saved state."""

    def __init__(self, settings: TrainParams, *, lr: float, epochs: int) -> None:
        self._settings, self._lr, self._epochs = settings, lr, epochs

    @override
    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        set_rate(trainer.optimizers[0], rate(self._settings, self._lr, epoch=trainer.current_epoch, epochs=self._epochs))
