"""Trains one model with each of its seeds in turn; after an interruption, the next run resumes the seed that was cut off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from mien.config.model import ModelConfig
from mien.models.build import ExpressionModel, build_model
from mien.models.store import Trained
from mien.store.faces import FaceSet
from mien.training.callbacks import Row
from mien.training.fit import Fitted, fit
from mien.training.processes import ALONE, Processes
from mien.training.record import called, figures


@dataclass(frozen=True)
class SeedTraining:
    """The finished training with one seed."""

    seed: int
    network: ExpressionModel
    fitted: Fitted
    record: dict[str, Any]
    """its metrics, JSON values"""
    seconds: float
    resumed: bool
    """whether an interrupted training was resumed; the seconds before the interruption are not counted"""


def train_seeds(
    config: ModelConfig,
    train: FaceSet,
    val: FaceSet,
    *,
    pretrained: Path,
    weights: str,
    checkpoints: Mapping[int, Path],
    device: str,
    taught_NK: torch.Tensor | None = None,
    on_epoch: Callable[[int, Row], None] | None = None,
    progress: bool = False,
    processes: Processes = ALONE,
) -> Iterator[SeedTraining]:
    """Yields the trainings of a model in the order of its seeds, each as it ends; they are independent of one another.

    `pretrained` is the folder of the backbone's weights, which holds only a note if `weights` is none; `checkpoints` contains
    the folder of each seed; `taught_NK` and `processes` are those of `fit`; `on_epoch` is called with the seed and the epoch's metrics.
    Raises what `fit` raises.
    """
    counts = train.class_counts(len(config.classes))
    for seed in config.seeds:
        own = config.of_seed(seed)
        torch.manual_seed(seed)
        network = build_model(own, pretrained=pretrained)
        resumed, begin_s = any(checkpoints[seed].glob("*.ckpt")), perf_counter()
        fitted = fit(
            network,
            train,
            val,
            config=own,
            pretrained=weights != "none",
            checkpoints=checkpoints[seed],
            device=device,
            taught_NK=taught_NK,
            on_epoch=partial(on_epoch, seed) if on_epoch else None,
            progress=progress,
            processes=processes,
        )
        seconds = round(perf_counter() - begin_s, 2)
        record = figures(fitted, network, config=own, weights=weights, class_counts=counts)
        yield SeedTraining(seed, network, fitted, record, seconds, resumed)


def whole_record(trainings: Sequence[SeedTraining]) -> dict[str, Any]:
    """The record of the first seed as JSON values; `other_seeds` holds the records of any other seeds, by seed."""
    first, *others = trainings
    return {**first.record, **({"other_seeds": {str(other.seed): other.record for other in others}} if others else {})}


def to_save(trainings: Sequence[SeedTraining], config: ModelConfig, marks: Mapping[int, str]) -> list[Trained]:
    """The arguments of `save_model` for each training: network, configuration, and the record with seed and fingerprint (from `marks`)."""
    return [
        (
            each.network,
            config.of_seed(each.seed) if place else config,
            {**_without_images(each.record), "seed": each.seed, "fingerprint": marks[each.seed]},
        )
        for place, each in enumerate(trainings)
    ]


def _without_images(record: dict[str, Any]) -> dict[str, Any]:
    """The record without the list of images that a method may have found: a model may be given away, and its training images not."""
    if "method" not in record:
        return record
    return {**record, "method": {name: value for name, value in record["method"].items() if name != "images"}}


def training_line(config: ModelConfig, training: SeedTraining) -> str:
    """One line about a finished training."""
    fitted, kept = training.fitted, training.record["val"]
    return (
        f"{called(config, training.seed)}: {len(fitted.curves)} epochs ({fitted.recipe}{', ' + fitted.reason if fitted.reason else ''}), "
        f"best {training.record['best_epoch']}: val macro-F1 {kept['macro_f1']:.3f}, val loss {kept['loss']:.3f}"
    )
