"""Stage `train`, one per model."""

import sys
from time import perf_counter

import torch
import typer

from mien import paths, tracking
from mien.configure import read_config
from mien.data.dataset import load_faces
from mien.data.shards import DIGITS, shard_path
from mien.data.tables import SPLITS, read_table
from mien.files import write_json
from mien.models.build import build_model
from mien.models.store import save_model
from mien.models.weights import read_note
from mien.params import load_params
from mien.stage import command
from mien.training.callbacks import Row
from mien.training.checkpoint import fingerprint, unfinished
from mien.training.fit import fit
from mien.training.precision import resolve_device
from mien.training.record import figures, write_curves


def main(model: str) -> None:
    """Trains MODEL; goes on from the last saved epoch of the same training if that was interrupted.

    Reads data/configs/MODEL.json, data/pretrained/MODEL, data/faces and the train and val rows of data/splits.parquet.
    Writes models/MODEL (weights.safetensors, model.json), metrics/train/MODEL.json and metrics/curves/MODEL.csv (figures per epoch);
    beside them, untracked, .mien/timings/MODEL/FINGERPRINT.json (how long it took).
    """
    params = load_params()
    params.model(model)
    device = resolve_device(params.runtime.device)
    config, weights = read_config(paths.config(model)), read_note(paths.pretrained(model))["weights"]
    rows = read_table(paths.SPLITS, SPLITS, ["sample_id", "label", "split"])
    train, val = (
        load_faces(paths.FACES, rows[rows["split"] == name], classes=config.classes, max_px=config.input_px) for name in ("train", "val")
    )
    files = [paths.SPLITS, *(shard_path(paths.FACES, digit) for digit in DIGITS), *paths.pretrained(model).iterdir()]
    mark = fingerprint(config, data=files, device=device)
    torch.manual_seed(config.seed)
    network = build_model(config, pretrained=paths.pretrained(model))
    terminal = sys.stdout.isatty()  # where Lightning draws its progress bar

    with tracking.model_run(model, stage="train") as run, unfinished(paths.checkpoints(model, mark)) as checkpoints:

        def on_epoch(row: Row) -> None:
            run.log_epoch({name: value for name, value in row.items() if name != "epoch"}, int(row["epoch"]))
            if not terminal:
                shown = ", ".join(f"{name} {row[name]:.4f}" for name in ("train_loss", "val_loss", "val_macro_f1"))
                typer.echo(f"{model}: epoch {row['epoch']}: {shown}", err=True)

        resumed, begin_s = any(checkpoints.glob("*.ckpt")), perf_counter()
        fitted = fit(
            network,
            train,
            val,
            config=config,
            pretrained=weights != "none",
            checkpoints=checkpoints,
            device=device,
            on_epoch=on_epoch,
            progress=terminal,
        )
        timing = {"seconds": round(perf_counter() - begin_s, 2), "resumed": resumed, "device": device}
        record = figures(fitted, network, config=config, weights=weights, class_counts=train.class_counts(len(config.classes)))
        save_model(paths.model(model), network, config, facts={**record, "seed": config.seed, "fingerprint": mark})
        write_json(paths.train_metrics(model), record)
        write_curves(paths.train_curves(model), fitted.curves)
        write_json(paths.timing(model, mark), timing)
        run.log_training(record)
    typer.echo(
        f"train: {model}: {record['epochs']} epochs ({fitted.recipe}{', ' + fitted.reason if fitted.reason else ''}), "
        f"best {record['best_epoch']}: val macro-F1 {record['val']['macro_f1']:.3f}, val loss {record['val']['loss']:.3f}"
    )


if __name__ == "__main__":
    command(main)()
