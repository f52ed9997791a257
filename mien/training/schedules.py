"""Learning rates that depend on the epoch alone; the plateau, which depends on figures, is a callback of its own (callbacks.Plateau)."""

import math

from lightning.pytorch import Callback, LightningModule, Trainer
from typing_extensions import override

from mien.config.sections.train import TrainParams


def rate(settings: TrainParams, lr: float, *, epoch: int, epochs: int) -> float:
    """The learning rate in `epoch` (from 0) of at most `epochs`.

    exponential: lr · decay^epoch. cosine (Loshchilov & Hutter 2017, eq. 5, one period down to 0 after the last epoch): after
    warmup_epochs in which it rises in equal steps; a stage always has at least one epoch after them.
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
    """Sets the learning rate at the start of each epoch: a function of its number, so that a resumed training needs no state of it."""

    def __init__(self, settings: TrainParams, *, lr: float, epochs: int) -> None:
        self._settings, self._lr, self._epochs = settings, lr, epochs

    @override
    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = rate(self._settings, self._lr, epoch=trainer.current_epoch, epochs=self._epochs)
