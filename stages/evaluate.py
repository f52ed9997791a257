"""Stage `evaluate@MODEL`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer

from mien.config.model import ModelConfig
from mien.config.params import load_params
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.errors import TableError
from mien.core.files import read_json, replacing_file, write_json
from mien.core.spreadsheet import write_csv
from mien.core.stage import command
from mien.evaluate.columns import personal_slices, slice_columns, telling
from mien.evaluate.confusion_plot import draw_confusion
from mien.evaluate.results import Predictions, bare_figures, report_on_test
from mien.evaluate.seeds import seed_figures
from mien.evaluate.slices import slice_figures, slices_table
from mien.models.build import ExpressionModel, build_model
from mien.models.cost import cost
from mien.models.predict import predict_logits
from mien.models.speed import measure_speed
from mien.models.store import WEIGHTS, describe_model, load_model, seed_folder
from mien.split.stratified import units
from mien.statistics.baselines import selection
from mien.statistics.temperature import calibration_report, reliability_table
from mien.store.faces import FaceSet, load_faces
from mien.store.shards import read_store
from mien.store.tables import FACES, FILES, IMAGES, PREDICTIONS, SPLITS, read_table, write_table
from mien.tracking import run as tracking

FLOAT_FORMAT = "%.6g"
SLICE_RESAMPLES = 2000  # of every slice; there are many, and their ends are read to two digits


def main(model: Annotated[str, typer.Argument(help="a name under `models` in params.yaml")]) -> None:
    """Tests one model on the test split, once, with each seed it was trained with.

    Reads models/MODEL, data/faces and data/splits.parquet; metrics/train and metrics/curves of the model for what the choice of the epoch
    did; data/raw/files.parquet and data/images for slices. Writes data/predictions/MODEL.parquet (test; of the first seed validation too,
    where the temperature is fitted) and in metrics/evaluate MODEL.json (figures on all test images and, where an official test split has
    flagged ones, on the clean), MODEL.slices.csv, MODEL.reliability.csv, and the confusion matrix as CSV and PNG. Beside them, untracked,
    .mien/costs/MODEL/FINGERPRINT.json (how fast it predicts here).
    """
    params = load_params()
    params.model(model)
    device = resolve_device(params.runtime.device)
    with tracking.model_run(model, stage="evaluate"):
        network, config = load_model(paths.model(model))
        record, last_epoch = _training(model, config)
        test, val = _rows()
        rows = pd.concat([test, val], ignore_index=True)
        pictures = rows.drop_duplicates("sample_id")  # copies of one picture are tested once and get one prediction
        faces = load_faces(paths.FACES, pictures, classes=config.classes, max_px=config.input_px, workers=params.runtime.workers)
        predicted = [_predicted(network, config, faces, rows, device=device, progress=f"evaluate {model}")]
        for seed in config.other_seeds:
            other, other_config = load_model(seed_folder(paths.model(model), seed))
            own = _part(faces, test["sample_id"].nunique())
            predicted.append(_predicted(other, other_config, own, test, device=device, progress=f"evaluate {model}, seed {seed}"))
        tested, *others = (_tested(each, "test", config.classes) for each in predicted)
        by_seed = dict(zip(config.seeds, map(bare_figures, (tested, *others)), strict=True))

        trained = describe_model(paths.model(model)).training
        report = report_on_test(
            tested,
            classes=config.classes,
            flagged_N=test["flag"].notna().to_numpy(),
            class_counts_K=[record["class_counts"][name] for name in config.classes],
            seed=params.seed,
        )
        validated = _tested(predicted[0], "val", config.classes)
        calibration = calibration_report(
            tested.logits_NK, tested.actual_N, validation_logits_NK=validated.logits_NK, validation_actual_N=validated.actual_N
        )
        evaluation = {
            "model": model,
            "weights": trained["weights"],
            "recipe": trained["recipe"],
            "classes": config.classes,
            "cost": _cost(config, paths.model(model) / WEIGHTS),
            "selection": selection(record, last_epoch, test_macro_f1=report["all"]["macro_f1"]),
            **report,
            "calibration": calibration,
            **seed_figures(by_seed),
        }
        columns = telling(_columns(test))
        slices = slice_figures(
            tested.actual_N,
            tested.predicted_N,
            len(config.classes),
            columns,
            groups_N=tested.groups_N,
            seed=params.seed,
            num_resamples=SLICE_RESAMPLES,
        )
        write_table(paths.predictions(model), pd.concat(predicted)[PREDICTIONS.names], PREDICTIONS)
        write_json(paths.evaluation(model), evaluation)
        personal = personal_slices(columns, test["subject"]) if params.report.names == "hashed" else ()
        shared = [one for one in slices if (one.column, one.value) not in personal]
        write_csv(paths.slices(model), slices_table(shared), float_format=FLOAT_FORMAT)
        bars = reliability_table(tested.logits_NK, tested.actual_N, temperature=calibration["temperature"])
        _write_plot(paths.reliability_table(model), bars)
        pairs = predicted[0].loc[predicted[0]["split"] == "test", ["label", "predicted"]]
        _write_plot(paths.confusion_table(model), pairs.set_axis(["actual", "predicted"], axis=1))
        figures = report["all"]
        title = f"{model}: {len(test)} test images, macro-F1 {figures['macro_f1']:.3f}"
        draw_confusion(paths.confusion_picture(model), figures["confusion"], config.classes, title=title)
        speed = asdict(measure_speed(network, input_px=config.input_px, precision=config.precision, device=device))
        write_json(paths.cost(model, trained["fingerprint"]), speed)
    low, high = figures["intervals"]["macro_f1"].values()
    baseline = figures["majority_baseline"]
    typer.echo(
        f"evaluate: {model}: macro-F1 {figures['macro_f1']:.4f} [{low:.3f}, {high:.3f}], accuracy {figures['accuracy']:.4f} on {len(test)} "
        f"test images (always the largest class: {baseline['macro_f1']:.4f} and {baseline['accuracy']:.4f}); "
        f"{speed['images_per_s']:.0f} images/s on {speed['device']}"
    )


def _training(model: str, config: ModelConfig) -> tuple[dict[str, Any], dict[str, float]]:
    """The training's record and the last row of its curves. Raises TableError if they are missing or not this model's."""
    again = f"run `dvc repro train@{model}` (or `dvc checkout`) to make it"
    try:
        record = read_json(paths.train_metrics(model))
        curves = pd.read_csv(paths.train_curves(model))
    except FileNotFoundError as error:
        raise TableError(f"{error.filename} is missing; {again}") from None
    except ValueError as error:
        raise TableError(f"{paths.train_metrics(model)} or {paths.train_curves(model)} cannot be read ({error}); {again} anew") from None
    if curves.empty or list(record.get("class_counts", ())) != config.classes:
        raise TableError(
            f"{paths.train_metrics(model)} and {paths.train_curves(model)} do not belong to {paths.model(model)}; {again} anew"
        )
    return record, {str(name): float(value) for name, value in curves.iloc[-1].items()}


def _rows() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test and validation rows of the splits, each by path, with `unit`: what is drawn together in a bootstrap. Raises TableError if there are none."""
    rows = read_table(paths.SPLITS, SPLITS).sort_values("path")
    parts = []
    for split, name in (("test", "test"), ("val", "validation")):
        part = rows[rows["split"] == split].reset_index(drop=True)
        if part.empty:
            raise TableError(f"{paths.SPLITS} has no {name} images; run `dvc repro split`")
        parts.append(part.assign(unit=units(part)))
    return parts[0], parts[1]


def _part(faces: FaceSet, num: int) -> FaceSet:
    return FaceSet(faces.images_N3SS[:num], faces.targets_N[:num], faces.sample_ids[:num])


def _predicted(
    network: ExpressionModel, config: ModelConfig, faces: FaceSet, rows: pd.DataFrame, *, device: str, progress: str
) -> pd.DataFrame:
    """`rows` with seed, logits and predicted class."""
    logits_NK = predict_logits(
        network, faces.images_N3SS, input_px=config.input_px, precision=config.precision, device=device, progress=progress
    )
    logits = dict(zip(faces.sample_ids, logits_NK, strict=True))
    taken = {name: config.classes[logits_K.argmax()] for name, logits_K in logits.items()}
    ids = rows["sample_id"]
    return rows.assign(seed=config.seed, logits=ids.map(logits), predicted=ids.map(taken))


def _tested(predicted: pd.DataFrame, split: str, classes: list[str]) -> Predictions:
    rows, index = predicted[predicted["split"] == split], {name: number for number, name in enumerate(classes)}
    return Predictions(
        np.array([index[name] for name in rows["label"]], dtype=np.int64),
        np.stack(rows["logits"].to_list()),
        np.unique(rows["unit"].to_numpy(dtype=str), return_inverse=True)[1],
    )


def _columns(test: pd.DataFrame) -> pd.DataFrame:
    """What the test images can be sliced by."""
    ids = set(test["sample_id"])
    figures = ["sample_id", "source_format", "sharpness", "brightness", "contrast"]
    return slice_columns(
        test,
        files=read_table(paths.FILES, FILES, ["path", "metadata"]),
        images=read_store(paths.IMAGES, IMAGES, figures, keep=ids).to_pandas(),
        faces=read_store(paths.FACES, FACES, ["sample_id", "box", "score", "num_faces"], keep=ids).to_pandas(),
    )


def _cost(config: ModelConfig, weights: Path) -> dict[str, int]:
    with torch.device("meta"):
        spent = cost(build_model(config), input_px=config.input_px)
    return {"num_parameters": spent.num_parameters, "macs": spent.num_macs, "file_bytes": weights.stat().st_size}


def _write_plot(path: Path, table: pd.DataFrame) -> None:
    """A table for DVC to plot: as it is, because DVC reads guarded cells as they are written."""
    with replacing_file(path) as temporary:
        table.to_csv(temporary, index=False, float_format=FLOAT_FORMAT, lineterminator="\n")


if __name__ == "__main__":
    command(main)()
