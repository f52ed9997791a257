"""Stage `ensemble@ENSEMBLE`: test metrics of the mean of several models."""

from typing import Annotated

import pandas as pd
import typer

from mien.config.params import load_params
from mien.config.prediction import read_ensemble_config
from mien.core import paths
from mien.core.files import write_json
from mien.core.stage import command
from mien.ensemble.answering import ensemble_answer_of
from mien.ensemble.averaging import averaged
from mien.ensemble.members import common_classes, ensemble_facts, read_member
from mien.evaluate.columns import read_slice_columns
from mien.evaluate.evaluation import evaluate
from mien.evaluate.inputs import rows_to_predict, training_counts
from mien.evaluate.output import write_evaluation
from mien.store.tables import SPLITS, read_table
from mien.tracking import run as tracking


def main(ensemble: Annotated[str, typer.Argument(help="a name under `ensembles` in params.yaml")]) -> None:
    """Averages the calibrated probabilities of the members of an ensemble, and tests the mean as a model is tested. Nothing is trained.

    Reads data/configs/ensembles/ENSEMBLE.json; models/MODEL and data/calibrated/MODEL.parquet of each member; data/splits.parquet;
    data/raw/files.parquet, data/images and data/faces for slices. Writes data/predictions/ENSEMBLE.parquet, data/answers/ENSEMBLE.json
    (its temperature and thresholds), and in metrics/evaluate the same files as stage `evaluate`.
    """
    params = load_params()
    params.ensemble(ensemble)
    with tracking.model_run(ensemble, stage="ensemble"):
        config = read_ensemble_config(paths.ensemble_config(ensemble))
        members = [read_member(model, prediction) for model, prediction in config.members.items()]
        classes, splits = common_classes(members), read_table(paths.SPLITS, SPLITS)
        test, val = rows_to_predict(splits)
        predicted = averaged(pd.concat([test, val], ignore_index=True), members, classes=classes, seed=params.seed)
        found = evaluate(
            [predicted],
            read_slice_columns(test, files=paths.FILES, images=paths.IMAGES, faces=paths.FACES),
            name=ensemble,
            classes=classes,
            class_counts=training_counts(splits, classes),
            seed=params.seed,
            min_accuracy=params.predict.min_accuracy,
            hide_persons=params.report.names == "hashed",
        )
        write_evaluation(ensemble, predicted, found.with_facts(ensemble_facts(members)))
        answer = ensemble_answer_of(found, members, min_accuracy=params.predict.min_accuracy)
        write_json(paths.answer(ensemble), answer.model_dump(mode="json"))
    typer.echo(f"ensemble: {found.sentence}; the mean of {', '.join(config.members)}")


if __name__ == "__main__":
    command(main)()
