"""Writes the record of a finished training: metrics as JSON, curves as CSV. No times or rates: two runs give the same bytes."""

from pathlib import Path
from typing import Any

from torch import nn

from mien.config.model import ModelConfig
from mien.core.files import replacing_file
from mien.training.callbacks import Row
from mien.training.fit import Fitted

COLUMNS = (
    *("epoch", "stage", "train_loss", "val_loss", "train_accuracy", "val_accuracy", "train_macro_f1", "val_macro_f1", "val_mean_accuracy"),
    "lr",
)
"""of every model; a loss that trains the network itself may have further ones"""


def figures(fitted: Fitted, model: nn.Module, *, config: ModelConfig, weights: str, class_counts: list[int]) -> dict[str, Any]:
    """The metrics of one training run as JSON values; validation metrics are those of the epoch whose weights are kept."""
    return {
        "model": config.name,
        "recipe": fitted.recipe,
        **({"reason": fitted.reason} if fitted.reason else {}),
        "weights": weights,
        **({"teachers": list(config.teachers.values())} if config.teachers else {}),
        "monitor": config.train.monitor,
        "stages": [
            {"name": stage.name, "epochs": stage.epochs, "best_epoch": stage.best_epoch, "best_value": round(stage.best_value, 6)}
            for stage in fitted.stages
        ],
        "epochs": len(fitted.curves),
        "best_epoch": fitted.stages[-1].best_epoch,
        **({"kept_epochs": sorted(fitted.kept)} if config.keep_epochs else {}),
        "val": {name: round(fitted.best[f"val_{name}"], 6) for name in ("loss", "accuracy", "mean_accuracy", "macro_f1")},
        "num_parameters": sum(parameter.numel() for parameter in model.parameters()),
        "class_counts": dict(zip(config.classes, class_counts, strict=True)),
        **({"method": method} if (method := {**_own(fitted.best), **fitted.method}) else {}),
    }


def _own(row: Row) -> Row:
    """The figures of an epoch that only the method has."""
    return {name: round(value, 6) for name, value in row.items() if name not in COLUMNS}


def called(config: ModelConfig, seed: int) -> str:
    """The name of a training in printed lines: the model's name, with the seed if the model has several."""
    return f"{config.name}, seed {seed}" if config.other_seeds else config.name


def epoch_line(config: ModelConfig, seed: int, row: Row) -> str:
    """One line about an epoch, for logs that are not a terminal."""
    metrics = ", ".join(f"{name} {row[name]:.4f}" for name in ("train_loss", "val_loss", "val_macro_f1"))
    return f"{called(config, seed)}: epoch {row['epoch']}: {metrics}"


def write_curves(path: Path, rows: list[Row]) -> None:
    """Writes one line per epoch, as CSV with the columns COLUMNS, then those of the method if it has any."""
    columns = [*COLUMNS, *_own(rows[0])]
    lines = [",".join(columns), *(",".join(f"{row[name]:.6g}" for name in columns) for row in rows)]
    with replacing_file(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
