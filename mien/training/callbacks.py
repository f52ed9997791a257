"""Callbacks around the epochs of a stage: curves, best and kept weights, learning rate, early stopping, and saving the whole state.

All of them keep their state in the one file that `SaveState` writes, so a kill cannot leave files that disagree.
"""

import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Literal

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, EMAWeightAveraging
from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau
from typing_extensions import override

from mien.training.module import ExpressionTraining

Row = dict[str, float]
Mode = Literal["min", "max"]
State = dict[str, Any]
Weights = dict[str, Tensor]

SAVING_SHARE = 0.1


def mode_of(monitor: str) -> Mode:
    """Returns whether the monitored metric is better when smaller or when larger."""
    return "min" if monitor == "val_loss" else "max"


class Curves(Callback):
    """Keeps one row of metrics per epoch, numbered from `first_epoch`; `on_epoch` is called with each new row."""

    def __init__(self, *, stage: int, first_epoch: int, on_epoch: Callable[[Row], None] | None) -> None:
        self.rows: list[Row] = []
        self._stage, self._first, self._on_epoch = stage, first_epoch, on_epoch

    @override
    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # Without factors above 1: if layers have rates of their own, that of the head; if the classifier has, that of all others.
        self._lr = max(float(group["lr"]) / max(1.0, group.get("lr_scale", 1.0)) for group in trainer.optimizers[0].param_groups)

    @override
    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, ExpressionTraining)
        row = {"epoch": self._first + trainer.current_epoch, "stage": self._stage, **pl_module.figures, "lr": self._lr}
        self.rows.append(row)
        if self._on_epoch:
            self._on_epoch(row)

    @override
    def state_dict(self) -> State:
        return {"rows": self.rows}

    @override
    def load_state_dict(self, state_dict: State) -> None:
        self.rows = state_dict["rows"]


class BestWeights(Callback):
    """Keeps a copy of the weights of the epoch with the best monitored metric; the first epoch wins a tie."""

    def __init__(self, *, monitor: str) -> None:
        self.monitor = monitor
        self.epoch = -1
        """epoch within the stage, from 0"""
        self.value = float("inf") if mode_of(monitor) == "min" else float("-inf")
        self.weights: Weights = {}

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, ExpressionTraining)
        value = pl_module.figures[self.monitor]
        if pl_module.may_keep and (value < self.value if mode_of(self.monitor) == "min" else value > self.value):
            self.epoch, self.value = trainer.current_epoch, value
            self.weights = {name: tensor.detach().clone() for name, tensor in pl_module.judged.state_dict().items()}

    @override
    def state_dict(self) -> State:
        return {"epoch": self.epoch, "value": self.value, "weights": self.weights}

    @override
    def load_state_dict(self, state_dict: State) -> None:
        self.epoch, self.value, self.weights = (state_dict[key] for key in ("epoch", "value", "weights"))


class KeptWeights(Callback):
    """Keeps copies of the weights after certain epochs, numbered from `first_epoch`, in the memory of the CPU.

    They are part of each saved state, as the best weights are.
    """

    def __init__(self, epochs: Collection[int], *, first_epoch: int) -> None:
        self.weights: dict[int, Weights] = {}
        """by epoch"""
        self._epochs, self._first = epochs, first_epoch

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, ExpressionTraining)
        epoch = self._first + trainer.current_epoch
        if epoch in self._epochs:
            state = pl_module.judged.state_dict()
            self.weights[epoch] = {name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()}

    @override
    def state_dict(self) -> State:
        return {"weights": self.weights}

    @override
    def load_state_dict(self, state_dict: State) -> None:
        self.weights = state_dict["weights"]


class Average(EMAWeightAveraging):
    """Lightning's exponential moving average of the weights (and of the statistics of batch norms), from the first step of a stage on.

    The average takes the place of the weights during the whole of validation, so that BestWeights and KeptWeights, which must come before
    it, copy the average. Lightning's own hooks would put the weights back before that.
    """

    @override
    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._swap_models(pl_module)

    @override
    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        pass

    @override
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        pass

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._swap_models(pl_module)


class Plateau(Callback):
    """Reduces the learning rate on a plateau. Lightning itself steps the scheduler after it saves, so a resumed run would differ."""

    def __init__(self, *, monitor: str, factor: float, patience: int) -> None:
        self._monitor, self._settings = monitor, {"factor": factor, "patience": patience}
        self._scheduler: ReduceLROnPlateau | None = None
        self._loaded: State | None = None

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._scheduler = ReduceLROnPlateau(trainer.optimizers[0], mode=mode_of(self._monitor), **self._settings)  # type: ignore[arg-type]
        if self._loaded:
            self._scheduler.load_state_dict(self._loaded)

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._scheduler:
            self._scheduler.step(float(trainer.callback_metrics[self._monitor]))

    @override
    def state_dict(self) -> State:
        return dict(self._scheduler.state_dict()) if self._scheduler else {}

    @override
    def load_state_dict(self, state_dict: State) -> None:
        self._loaded = state_dict


class Patience(EarlyStopping):
    """Early stopping that stays stopped: a run killed right after its last epoch must not continue when it is resumed.

    Epochs whose weights may not be kept do not count.
    """

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, ExpressionTraining)
        if pl_module.may_keep:
            super().on_validation_end(trainer, pl_module)

    @override
    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, ExpressionTraining)
        if pl_module.may_keep:
            super().on_train_epoch_end(trainer, pl_module)

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        trainer.should_stop = self.wait_count >= self.patience


class SaveState(Checkpoint):
    """Saves the whole state after each epoch, or less often if saving would take more than SAVING_SHARE of the time of short epochs.

    A killed run then repeats a few seconds of work at most, and its final metrics are the same.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._due_s = path, 0.0

    @override
    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        started_s = time.monotonic()
        # All processes take part in saving, so they must agree.
        if trainer.strategy.broadcast(started_s < self._due_s and not trainer.should_stop):
            return
        trainer.save_checkpoint(self._path)
        took_s = time.monotonic() - started_s
        self._due_s = started_s + took_s / SAVING_SHARE
