"""Stage `export@EXPORT`: a model as an ONNX file, and the test metrics of that file."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import pandas as pd
import torch
import typer

from mien.config.params import load_params
from mien.config.prediction import read_export_config, read_prediction_config
from mien.core import paths
from mien.core.files import write_json
from mien.core.stage import command
from mien.evaluate.answering import answer_of
from mien.evaluate.columns import read_slice_columns
from mien.evaluate.evaluation import evaluate
from mien.evaluate.exported import channels_last, export_facts, predict_exported
from mien.evaluate.inputs import rows_to_predict, training_counts
from mien.evaluate.output import write_evaluation
from mien.export.exporting import export_onnx
from mien.export.images import NUM_CALIBRATION, NUM_PROOF, stored_squares
from mien.export.recalibrated import recalibrate
from mien.models.speed import speed_of
from mien.models.store import describe_model
from mien.predict.answer import read_answer
from mien.predict.engine import Engine
from mien.store.decoding import decoding
from mien.store.faces import load_faces
from mien.store.tables import SPLITS, read_table
from mien.tracking import run as tracking


def main(export: Annotated[str, typer.Argument(help="a name under `exports` in params.yaml")]) -> None:
    """Exports a model as `mien export onnx` does, and tests the file by ONNX Runtime as the model is tested.

    Reads data/configs/exports/EXPORT.json; of the model in it models/MODEL, data/answers/MODEL.json and
    data/configs/prediction/MODEL.json; data/faces and data/splits.parquet; data/raw/files.parquet and data/images for slices. Writes
    data/exports/EXPORT.onnx, with a temperature and thresholds of its own, data/predictions/EXPORT.parquet, and in metrics/evaluate the
    same files as stage `evaluate`. It also writes the prediction speed to .mien/costs/EXPORT, which is not tracked.
    """
    params = load_params()
    params.export(export)
    with tracking.model_run(export, stage="export"), TemporaryDirectory() as folder:
        config = read_export_config(paths.export_config(export))
        described, file = describe_model(paths.model(config.model)), paths.exported(export)
        answer = read_answer(paths.answer(config.model), remedy=f"run `dvc repro evaluate@{config.model}`")
        tta = read_prediction_config(paths.prediction_config(config.model)).tta
        squares = partial(stored_squares, paths.FACES, paths.SPLITS, size_px=answer.size_px)
        exported = export_onnx(
            paths.model(config.model),
            Path(folder) / file.name,
            answer=answer,
            tta=tta,
            images_N3SS=squares(split="test", num=NUM_PROOF),
            precision=config.precision,
            calibration_N3SS=partial(squares, split="train", num=NUM_CALIBRATION),
            progress=True,
        )
        splits, threads = read_table(paths.SPLITS, SPLITS), torch.get_num_threads()
        test, val = rows_to_predict(splits)
        rows = pd.concat([test, val], ignore_index=True)
        images = rows.drop_duplicates("sample_id")
        faces = load_faces(
            paths.FACES,
            images,
            classes=answer.classes,
            max_px=answer.size_px,
            decoding=decoding(params.runtime),
        )
        predicted = predict_exported(
            Engine.load(exported.file, threads=threads), faces, rows, classes=answer.classes, seed=described.config.seed, name=export
        )
        found = evaluate(
            [predicted],
            read_slice_columns(test, files=paths.FILES, images=paths.IMAGES, faces=paths.FACES),
            name=export,
            classes=answer.classes,
            class_counts=training_counts(splits, answer.classes),
            seed=params.seed,
            min_accuracy=answer.min_accuracy,
            hide_persons=params.report.names == "hashed",
        )
        own = answer_of(
            found,
            decode=answer.decode,
            faces=answer.faces,
            min_accuracy=answer.min_accuracy,
            images=faces.images,
            weights_sha256=answer.weights_sha256,
        )
        some = channels_last(faces.images[:NUM_PROOF].all())
        engine = recalibrate(exported.file, file, answer=own, precision=config.precision, images_NSS3=some, threads=threads)
        facts = export_facts(described, exported, tta=tta, file_bytes=file.stat().st_size)
        write_evaluation(export, predicted, found.with_facts(facts))
        speed = speed_of(lambda images: engine.run(channels_last(images)), size_px=answer.size_px, precision=config.precision)
        write_json(paths.exported_cost(export, described.training["fingerprint"], precision=config.precision, tta=tta), asdict(speed))
    typer.echo(f"export: {found.sentence}; {config.model} in {config.precision}, {speed.images_per_s:.0f} images/s on {speed.device}")


if __name__ == "__main__":
    command(main)()
