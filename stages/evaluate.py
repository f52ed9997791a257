"""Stage `evaluate@MODEL`: test metrics of one model."""

from dataclasses import asdict
from itertools import chain
from typing import Annotated

import pandas as pd
import typer

from mien.config.params import load_params
from mien.config.prediction import read_prediction_config
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.files import write_json
from mien.core.stage import command
from mien.evaluate.answering import answer_of
from mien.evaluate.columns import read_slice_columns
from mien.evaluate.evaluation import evaluate
from mien.evaluate.inputs import read_training, rows_to_predict
from mien.evaluate.model_facts import model_facts
from mien.evaluate.output import write_evaluation
from mien.evaluate.predicting import calibrated, predict_seeds
from mien.models.speed import measure_speed
from mien.models.store import describe_model, load_model, seed_folder
from mien.models.weights import WEIGHTS
from mien.predict.answer import Decoding, answer_document
from mien.store.decoding import decoding
from mien.store.faces import load_faces
from mien.store.tables import CALIBRATED, SPLITS, read_table, write_table
from mien.tracking import run as tracking


def main(model: Annotated[str, typer.Argument(help="a name under `models` in params.yaml")]) -> None:
    """Tests one model once on the test split, for each seed that it was trained with.

    Reads models/MODEL, data/configs/prediction/MODEL.json, data/faces and data/splits.parquet; metrics/train and metrics/curves of the
    model for the effect of choosing the epoch; data/raw/files.parquet and data/images for slices. Writes data/predictions/MODEL.parquet
    (test images, and for the first seed also validation images, on which the temperature is fitted), data/calibrated/MODEL.parquet
    (what ensembles are made of) and data/answers/MODEL.json (what an answer needs besides the network). In metrics/evaluate it writes
    MODEL.json (metrics on all test images and, if an official test split has flagged images, also without them), MODEL.slices.csv,
    MODEL.reliability.csv, MODEL.selective.csv, and the confusion matrix as CSV and PNG. It also writes the prediction speed on this
    machine to a file in .mien/costs/MODEL, which is not tracked.
    """
    params = load_params()
    params.model(model)
    device, folder = resolve_device(params.runtime.device), paths.model(model)
    tta = read_prediction_config(paths.prediction_config(model)).tta
    with tracking.model_run(model, stage="evaluate"):
        network, config = load_model(folder)
        facts = describe_model(folder).training
        training = read_training(paths.train_metrics(model), paths.train_curves(model), model=model, classes=config.classes)
        test, val = rows_to_predict(read_table(paths.SPLITS, SPLITS))
        images = pd.concat([test, val], ignore_index=True).drop_duplicates("sample_id")
        faces = load_faces(
            paths.FACES,
            images,
            classes=config.classes,
            max_px=config.input_px,
            decoding=decoding(params.runtime),
        )
        columns = read_slice_columns(test, files=paths.FILES, images=paths.IMAGES, faces=paths.FACES)
        others = (load_model(seed_folder(folder, seed)) for seed in config.other_seeds)  # loaded lazily, one at a time
        predicted = predict_seeds(chain([(network, config)], others), faces, test, val, device=device, tta=tta)
        found = evaluate(
            predicted,
            columns,
            name=model,
            classes=config.classes,
            class_counts=training.record["class_counts"],
            seed=params.seed,
            min_accuracy=params.predict.min_accuracy,
            hide_persons=params.report.names == "hashed",
        )
        about = model_facts(
            config,
            tta=tta,
            facts=facts,
            file_bytes=(folder / WEIGHTS).stat().st_size,
            training=training,
            test_macro_f1=found.document["all"]["macro_f1"],
        )
        answer = answer_of(
            found,
            decode=Decoding.of(params.convert),
            faces=params.faces,
            min_accuracy=params.predict.min_accuracy,
            images=faces.images,
            weights_sha256=describe_model(folder).weights_sha256,
        )
        write_evaluation(model, pd.concat(predicted), found.with_facts(about))
        write_table(paths.calibrated(model), calibrated(predicted[0], found.document["calibration"]["temperature"]), CALIBRATED)
        write_json(paths.answer(model), answer_document(answer))
        speed = asdict(measure_speed(network, input_px=config.input_px, precision=config.precision, device=device, tta=tta))
        write_json(paths.cost(model, facts["fingerprint"], tta=tta), speed)
    typer.echo(f"evaluate: {found.sentence}; {speed['images_per_s']:.0f} images/s on {speed['device']}")


if __name__ == "__main__":
    command(main)()
