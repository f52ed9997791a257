"""Stage `crosseval@MODEL-TESTSET`: the metrics of one model on one further test set."""

from itertools import chain
from typing import Annotated

import pandas as pd
import typer

from mien.config.params import load_params
from mien.config.prediction import read_prediction_config
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.files import write_json
from mien.core.spreadsheet import write_plot
from mien.core.stage import command
from mien.evaluate.predicting import predict_seeds
from mien.evaluate.predictions import Predictions
from mien.models.store import load_model, seed_folder
from mien.predict.answer import read_answer
from mien.store.decoding import decoding
from mien.store.tables import PREDICTIONS, SPLITS, read_table, write_table
from mien.testsets.crossing import cross_document, cross_sentence
from mien.testsets.predicting import faces_to_test, own_predictions, rows_to_test
from mien.testsets.prepared import Prepared


def main(
    model: Annotated[str, typer.Argument(help="a name under `models` in params.yaml")],
    testset: Annotated[str, typer.Argument(help="a name under `testsets` in params.yaml")],
) -> None:
    """Tests one model on one further test set, for each seed that it was trained with. Nothing is fitted on the test set.

    Reads models/MODEL, data/configs/prediction/MODEL.json, data/answers/MODEL.json (temperature and threshold), data/testsets/TESTSET, and
    for the model's own test split data/predictions/MODEL.parquet and data/splits.parquet. Writes
    data/testsets/TESTSET/predictions/MODEL.parquet, and in metrics/evaluate/testsets/TESTSET MODEL.json and MODEL.confusion.csv.
    """
    params = load_params()
    params.model(model), params.testset(testset)
    device, folder = resolve_device(params.runtime.device), paths.model(model)
    tta = read_prediction_config(paths.prediction_config(model)).tta
    network, config = load_model(folder)
    answer = read_answer(paths.answer(model), remedy=f"run `dvc repro evaluate@{model}`")
    rows = rows_to_test(read_table(paths.testset_splits(testset), SPLITS))
    faces = faces_to_test(Prepared(paths.testset_prepared(testset)).faces, rows, answer, decoding=decoding(params.runtime))
    others = (load_model(seed_folder(folder, seed)) for seed in config.other_seeds)  # loaded lazily, one at a time
    predicted = predict_seeds(chain([(network, config)], others), faces, rows, rows[:0], device=device, tta=tta)
    by_seed = {int(each["seed"].iloc[0]): Predictions.of_table(each, answer.classes) for each in predicted}
    own = own_predictions(model, read_table(paths.SPLITS, SPLITS), answer.classes)
    document = cross_document(by_seed, own, rows, answer, testset=testset, seed=params.seed)
    write_table(paths.testset_predictions(testset, model), pd.concat(predicted)[PREDICTIONS.names], PREDICTIONS)
    write_json(paths.crossevaluation(testset, model), document)
    confusion = predicted[0][["label", "predicted"]].set_axis(["actual", "predicted"], axis=1)
    write_plot(paths.cross_confusion(testset, model), confusion)
    typer.echo(f"crosseval: {cross_sentence(document)}")


if __name__ == "__main__":
    command(main)()
