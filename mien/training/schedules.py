"""Learning rates that depend only on the epoch; the plateau schedule depends on metrics and is a separate callback (callbacks.Plateau)."""

import math

from lightning.pytorch import Callback, LightningModule, Trainer
from typing_extensions import override

from mien.config.sections.train import TrainParams


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


class ByEpoch(Callback):
    """Sets the learning rate at the start of each epoch from the epoch's number, so resuming needs no saved state."""

    def __init__(self, settings: TrainParams, *, lr: float, epochs: int) -> None:
        self._settings, self._lr, self._epochs = settings, lr, epochs

    @override
    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = rate(self._settings, self._lr, epoch=trainer.current_epoch, epochs=self._epochs)
