"""Stage `train@MODEL`: trains one model."""

import sys
from typing import Any

import typer

from mien.config.model import read_config
from mien.config.params import load_params
from mien.core import paths
from mien.core.device import resolve_device, slow_precision
from mien.core.files import keep_only, write_json
from mien.core.stage import command
from mien.models.store import save_model
from mien.models.weights import origin_of, read_note
from mien.store.decoding import Decoding, decoding
from mien.store.faces import load_faces
from mien.store.shards import shard_path, shards_of
from mien.store.tables import SPLITS, read_table
from mien.tracking import run as tracking
from mien.training.callbacks import Row
from mien.training.checkpoint import fingerprint, unfinished
from mien.training.distillation import read_taught
from mien.training.environment import launch_warning
from mien.training.launch import joined
from mien.training.processes import Processes
from mien.training.record import epoch_line, write_curves
from mien.training.seeds import to_save, train_seeds, training_line, whole_record
from mien.training.steps import caution
from mien.training.timing import write_timing


def main(model: str) -> None:
    """Trains MODEL with each of its seeds; resumes from the last saved epoch if the same training was interrupted.

    Reads data/code/train/MODEL.txt, data/configs/MODEL.json, data/pretrained/MODEL (initial weights, and the probabilities of teachers),
    data/faces and the train and val rows of data/splits.parquet. Removes from data/pretrained/MODEL what a pair that is no longer in
    params.yaml left there. Writes models/MODEL (weights.safetensors, model.json, those of other seeds in seed_SEED, and in epochs the
    weights of the epochs that are to be explained), metrics/train/MODEL.json and metrics/curves/MODEL.csv (metrics of each epoch of the
    first seed). It also writes the duration of each seed to .mien/timings/MODEL/FINGERPRINT.json, which is not tracked. If runtime.devices
    or runtime.num_nodes is above 1, several processes run this stage together, and the first of them writes.
    """
    params = load_params()
    params.model(model)
    runtime = params.runtime
    device = resolve_device(runtime.device)
    if runtime.devices * runtime.num_nodes == 1 and (told := launch_warning()):
        typer.echo(told, err=True)
    command = [sys.executable, "-m", "stages.train", model]
    with joined(runtime.devices, runtime.num_nodes, device=device, command=command) as processes:
        _train(model, device, processes, decoding(runtime, processes=runtime.devices))


def _train(model: str, device: str, processes: Processes, how: Decoding) -> None:
    with processes.agreeing():
        config, weights = read_config(paths.config(model)), origin_of(read_note(paths.pretrained(model)))
        if processes.is_first and (told := slow_precision(config.precision, device)):
            typer.echo(f"warning: models.{model}.precision: {told}", err=True)
        if processes.is_first and (told := caution(config, pretrained=weights != "none")):
            typer.echo(f"warning: {told}", err=True)
        rows = read_table(paths.SPLITS, SPLITS, ["sample_id", "label", "split", "shares"])
        train, val = (
            load_faces(paths.FACES, rows[rows["split"] == name], classes=config.classes, max_px=config.input_px, decoding=how)
            for name in ("train", "val")
        )
        if processes.is_first and not train.is_in_memory:
            typer.echo(
                f"{model}: the {len(train):,} training images need more memory than runtime.memory_gb gives, "
                "so they are decoded while they are used",
                err=True,
            )
        tables = [paths.teaching(pair, model) for pair in config.teachers]
        if processes.is_first:
            keep_only(paths.given(model), [paths.pretrained(model), *tables])
        taught_NK = (
            read_taught(tables, train.sample_ids, num_classes=len(config.classes), temperature=config.train.distill_temperature)
            if tables
            else None
        )

    def fingerprints() -> dict[int, str]:
        inputs = [
            paths.SPLITS,
            *(shard_path(paths.FACES, digit) for digit in shards_of(paths.FACES)),
            *paths.pretrained(model).iterdir(),
            *tables,
        ]
        given: dict[str, Any] = {"code": paths.code("train", model), "inputs": inputs, "device": device, "num_processes": processes.num}
        return {seed: fingerprint(config.of_seed(seed), **given) for seed in config.seeds}

    marks = processes.decided(fingerprints)
    folders = {seed: paths.checkpoints(model, mark) for seed, mark in marks.items()}
    settings: dict[str, Any] = {"pretrained": paths.pretrained(model), "weights": weights, "checkpoints": folders, "device": device}
    settings |= {"taught_NK": taught_NK, "processes": processes}
    if not processes.is_first:
        processes.wait()  # until the first one has locked the folders
        for _ in train_seeds(config, train, val, **settings):
            pass
        return
    terminal = sys.stdout.isatty()  # where Lightning draws its progress bar
    with tracking.model_run(model, stage="train") as run, unfinished(*folders.values()):

        def on_epoch(seed: int, row: Row) -> None:
            if seed == config.seed:
                run.log_epoch({name: value for name, value in row.items() if name != "epoch"}, int(row["epoch"]))
            if not terminal:
                typer.echo(epoch_line(config, seed, row), err=True)

        processes.wait()
        trainings = []
        for training in train_seeds(config, train, val, **settings, on_epoch=on_epoch, progress=terminal):
            trainings.append(training)
            write_timing(paths.timing(model, marks[training.seed]), training.seconds, resumed=training.resumed, device=device)
        first, *others = to_save(trainings, config, marks)
        save_model(paths.model(model), *first[:2], facts=first[2], epochs=trainings[0].fitted.kept, other_seeds=others)
        write_json(paths.train_metrics(model), whole_record(trainings))
        write_curves(paths.train_curves(model), trainings[0].fitted.curves)
    for training in trainings:
        typer.echo(f"train: {training_line(config, training)}")


if __name__ == "__main__":
    command(main, on_stop="nothing half-written remains, and the next `dvc repro` continues from the last saved epoch")()
