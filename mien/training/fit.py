"""Trains one model: runs every stage of the recipe through Lightning's Trainer and resumes an interrupted training."""

import logging
import signal
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.utilities.exceptions import SIGTERMException

from mien.augmentation.mixing import mixes
from mien.config.model import ModelConfig
from mien.core.device import LIGHTNING_ACCELERATOR, LIGHTNING_PRECISION, MEMORY_FORMAT
from mien.core.errors import TrainingError
from mien.losses import build_loss
from mien.models.build import ExpressionModel
from mien.models.store import save_model
from mien.store.faces import FaceSet
from mien.training.callbacks import Average, BestWeights, Curves, KeptWeights, Patience, Plateau, Row, SaveState, Weights, mode_of
from mien.training.checkpoint import AtomicCheckpointIO, resumable
from mien.training.checks import check_faces, check_soft_targets
from mien.training.environment import Joined, OneProcess
from mien.training.loading import training_loader, validation_loader
from mien.training.module import ExpressionTraining
from mien.training.processes import ALONE, Processes, check_shares
from mien.training.recipes import Stage, freeze_for, plan
from mien.training.samplers import EpochBatches
from mien.training.schedules import ByEpoch
from mien.training.steps import check_one_process, findings, row_numbers, second_batch, step_loss

LAST_GOOD = "last_good"


@dataclass(frozen=True)
class StageResult:
    """The result of one stage. Epochs are numbered from 1 across all stages."""

    name: str
    epochs: int
    best_epoch: int
    best_value: float


@dataclass(frozen=True)
class Fitted:
    """A finished training; the model holds the best weights of the last stage."""

    recipe: str
    reason: str | None
    """why the recipe differs from the configured one"""
    stages: list[StageResult]
    curves: list[Row]
    kept: Mapping[int, Weights] = field(default_factory=dict, compare=False)
    """the weights after each of config.keep_epochs that the training reached, by epoch"""
    method: dict[str, Any] = field(default_factory=dict)
    """what a loss that trains the network itself found, JSON values; empty for others"""

    @property
    def best(self) -> Row:
        """The metrics of the epoch whose weights the model holds."""
        return self.curves[self.stages[-1].best_epoch - 1]


def fit(
    model: ExpressionModel,
    train: FaceSet,
    val: FaceSet,
    *,
    config: ModelConfig,
    pretrained: bool,
    checkpoints: Path,
    device: str = "cpu",
    taught_NK: torch.Tensor | None = None,
    on_epoch: Callable[[Row], None] | None = None,
    progress: bool = False,
    processes: Processes = ALONE,
) -> Fitted:
    """Trains `model` in place by its configured recipe and resumes from the state that a killed run left in the folder `checkpoints`.

    `pretrained` says whether the backbone has pretrained weights; `device` is cpu or cuda; `taught_NK` are the probabilities of the
    teachers for the training images, if the configuration names teachers; `on_epoch` is called at the end of each epoch
    with its metrics (epoch, stage, those of `ExpressionTraining.figures`, lr).
    `processes` are those that train together; all call this function with the same arguments, and all return the same.
    Raises TrainingError if a class has no training image, if there is no validation image, if the loss is not finite, or if a batch cannot
    be divided among the processes.
    """
    assert (taught_NK is not None) == bool(config.teachers)
    counts = check_faces(train, val, config=config)
    check_soft_targets(config, voted=train.shares_NK is not None)
    check_shares(processes, model=config.name, batch_size=config.train.batch_size)
    loss = build_loss(config.loss, class_counts=counts)
    check_one_process(processes, config, loss)
    recipe, reason, stages = plan(config, pretrained=pretrained)
    results: list[StageResult] = []
    rows: list[Row] = []
    before: Weights = {}
    kept: dict[int, Weights] = {}
    for number, stage in enumerate(stages, start=1):
        freeze_for(stage, model, input_px=config.input_px)
        module = ExpressionTraining(model, loss, config, stage=number, lr=stage.lr, num_epochs=stage.epochs, processes=processes)
        curves = Curves(stage=number, first_epoch=len(rows) + 1, on_epoch=on_epoch if processes.is_first else None)
        best = BestWeights(monitor=config.train.monitor)
        keeping = [KeptWeights(config.keep_epochs, first_epoch=len(rows) + 1)] if config.keep_epochs else []
        state = checkpoints / f"{stage.name}.ckpt"
        watching = [curves, best, *keeping]
        try:
            _run(module, stage, train, val, taught_NK, watching, state=state, device=device, progress=progress, processes=processes)
        except TrainingError as error:
            if not processes.is_first:
                raise
            raise TrainingError(f"{error}; {_rescue(model, best.weights or before, config, checkpoints / LAST_GOOD)}") from None
        before = best.weights
        model.load_state_dict(before)
        for each in keeping:
            kept |= each.weights
        results.append(StageResult(stage.name, len(curves.rows), len(rows) + best.epoch + 1, best.value))
        rows += curves.rows
    found = findings(loss, model, train, val, config, device=device)
    return Fitted(recipe, reason, results, rows, kept, found)


def _rescue(model: ExpressionModel, weights: dict[str, torch.Tensor], config: ModelConfig, folder: Path) -> str:
    """Saves the best weights of a failed training as a model folder; returns a sentence that says where."""
    if not weights:
        return "no epoch was finished, so there are no weights to keep"
    model.load_state_dict(weights)
    save_model(folder, model, config, facts={"unfinished": True})
    return f"the best weights before that are in {folder} (copy them: the next training of {config.name} with other settings removes them)"


def _run(
    module: ExpressionTraining,
    stage: Stage,
    train: FaceSet,
    val: FaceSet,
    taught_NK: torch.Tensor | None,
    watching: Sequence[Callback],
    *,
    state: Path,
    device: str,
    progress: bool,
    processes: Processes,
) -> None:
    config, settings = module.config, module.config.train
    module.model.train().to(memory_format=MEMORY_FORMAT)
    if method := step_loss(module.loss):
        method.prepare(module.model, train.targets_N)
    batches = EpochBatches(
        train.targets_N,
        sampler=settings.sampler,
        batch_size=settings.batch_size,
        accumulate=settings.accumulate,
        even=mixes(config.augment),
        seed=config.seed,
        stage=module.stage,
        second=second_batch(config),
    )
    batches.require_rows(processes.num, model=config.name)
    rates = (
        Plateau(monitor=settings.monitor, factor=settings.plateau_factor, patience=settings.plateau_patience)
        if settings.schedule == "plateau"
        else ByEpoch(settings, lr=stage.lr, epochs=stage.epochs)
    )
    _quiet()
    trainer = Trainer(
        accelerator=LIGHTNING_ACCELERATOR[device],
        **_together(processes),
        precision=LIGHTNING_PRECISION[config.precision],  # type: ignore[arg-type]
        max_epochs=stage.epochs,
        accumulate_grad_batches=settings.accumulate,
        gradient_clip_val=settings.clip_norm or None,
        callbacks=[
            rates,
            *watching,
            Patience(settings.monitor, mode=mode_of(settings.monitor), patience=settings.patience),
            *([Average(decay=settings.ema)] if settings.ema else []),
            SaveState(state),
            *([TQDMProgressBar()] if progress else []),
        ],
        plugins=[AtomicCheckpointIO(), OneProcess() if processes.num == 1 else Joined(processes)],
        deterministic="warn",
        logger=False,
        enable_progress_bar=progress,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=state.parent,
    )
    try:
        trainer.fit(
            module,
            training_loader(train, batches, train.shares_NK, taught_NK, row_numbers(module.loss, len(train))),
            validation_loader(val),
            ckpt_path=state if processes.decided(lambda: resumable(state)) else None,
            weights_only=True,
        )
    except SIGTERMException:
        # Lightning ends the process with code 0, as if the training had finished.
        raise SystemExit(128 + signal.SIGTERM) from None


def _together(processes: Processes) -> dict[str, Any]:
    """The arguments of the Trainer that depend on the number of processes."""
    if processes.num == 1:
        return {"devices": 1}
    return {
        "devices": processes.devices,
        "num_nodes": processes.num_nodes,
        "strategy": DDPStrategy(broadcast_buffers=False),  # all of them compute the same statistics of batch norms
        "use_distributed_sampler": False,  # each takes its share of the rows of each batch (mien.training.shares)
    }


def _quiet() -> None:
    """Silences Lightning's notes on hardware and performance, which do not help the users of this pipeline."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
