"""Stage `train`, one per model."""

import sys

import typer

from mien.config.model import read_config
from mien.config.params import load_params
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.files import write_json
from mien.core.outputs import missing
from mien.core.stage import command
from mien.models.store import save_model
from mien.models.weights import read_note
from mien.store.faces import load_faces
from mien.store.shards import DIGITS, shard_path
from mien.store.tables import SPLITS, read_table
from mien.tracking import run as tracking
from mien.training.callbacks import Row
from mien.training.checkpoint import fingerprint, unfinished
from mien.training.environment import launch_warning
from mien.training.record import write_curves
from mien.training.seeds import train_seeds, whole_record


def main(model: str) -> None:
    """Trains MODEL with each of its seeds; goes on from the last saved epoch of the same training if that was interrupted.

    Reads data/code/train/MODEL.txt, data/configs/MODEL.json, data/pretrained/MODEL, data/faces and the train and val rows of data/splits.parquet.
    Writes models/MODEL (weights.safetensors, model.json, those of other seeds in seed_SEED), metrics/train/MODEL.json and
    metrics/curves/MODEL.csv (figures per epoch of the first seed); beside them, untracked, .mien/timings/MODEL/FINGERPRINT.json (how
    long each seed took).
    """
    params = load_params()
    params.model(model)
    if told := launch_warning():
        typer.echo(told, err=True)
    device = resolve_device(params.runtime.device)
    config, weights = read_config(paths.config(model)), read_note(paths.pretrained(model))["weights"]
    rows = read_table(paths.SPLITS, SPLITS, ["sample_id", "label", "split"])
    train, val = (
        load_faces(paths.FACES, rows[rows["split"] == name], classes=config.classes, max_px=config.input_px) for name in ("train", "val")
    )
    if not paths.code("train", model).is_file():
        raise missing(paths.code("train", model))
    files = [
        paths.code("train", model),
        paths.SPLITS,
        *(shard_path(paths.FACES, digit) for digit in DIGITS),
        *paths.pretrained(model).iterdir(),
    ]
    marks = {seed: fingerprint(config.of_seed(seed), inputs=files, device=device) for seed in config.seeds}
    folders = {seed: paths.checkpoints(model, mark) for seed, mark in marks.items()}
    terminal = sys.stdout.isatty()  # where Lightning draws its progress bar

    def shown(seed: int) -> str:
        return f"{model}, seed {seed}" if config.other_seeds else model

    with tracking.model_run(model, stage="train") as run, unfinished(*folders.values()):

        def on_epoch(seed: int, row: Row) -> None:
            if seed == config.seed:
                run.log_epoch({name: value for name, value in row.items() if name != "epoch"}, int(row["epoch"]))
            if not terminal:
                figures = ", ".join(f"{name} {row[name]:.4f}" for name in ("train_loss", "val_loss", "val_macro_f1"))
                typer.echo(f"{shown(seed)}: epoch {row['epoch']}: {figures}", err=True)

        trainings = []
        for training in train_seeds(
            config,
            train,
            val,
            pretrained=paths.pretrained(model),
            weights=weights,
            checkpoints=folders,
            device=device,
            on_epoch=on_epoch,
            progress=terminal,
        ):
            trainings.append(training)
            timing = paths.timing(model, marks[training.seed])
            if not (training.resumed and timing.is_file()):  # a seed that was done before the run was cut off now took no time
                write_json(timing, {"seconds": training.seconds, "resumed": training.resumed, "device": device})
        first, *others = (
            (each.network, config.of_seed(each.seed), {**each.record, "seed": each.seed, "fingerprint": marks[each.seed]})
            for each in trainings
        )
        save_model(paths.model(model), first[0], config, facts=first[2], other_seeds=others)
        record = whole_record(trainings)
        write_json(paths.train_metrics(model), record)
        write_curves(paths.train_curves(model), trainings[0].fitted.curves)
    for training in trainings:
        fitted, kept = training.fitted, training.record["val"]
        typer.echo(
            f"train: {shown(training.seed)}: {len(fitted.curves)} epochs ({fitted.recipe}{', ' + fitted.reason if fitted.reason else ''}), "
            f"best {training.record['best_epoch']}: val macro-F1 {kept['macro_f1']:.3f}, val loss {kept['loss']:.3f}"
        )


if __name__ == "__main__":
    command(main, on_stop="nothing half-written remains, and the next `dvc repro` goes on from the last saved epoch")()
