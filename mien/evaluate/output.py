"""Writes what is evaluated of a model or ensemble."""

import pandas as pd

from mien.core import paths
from mien.core.files import write_json
from mien.core.spreadsheet import write_csv, write_plot
from mien.evaluate.confusion_plot import draw_confusion
from mien.evaluate.evaluation import Evaluation
from mien.store.tables import PREDICTIONS, write_table

FLOAT_FORMAT = "%.6g"


def write_evaluation(name: str, predicted: pd.DataFrame, found: Evaluation) -> None:
    """Writes data/predictions/NAME.parquet, and in metrics/evaluate NAME.json, NAME.slices.csv, NAME.reliability.csv,
    NAME.selective.csv and the confusion matrix as CSV and PNG. `predicted` has the columns of PREDICTIONS.
    """
    write_table(paths.predictions(name), predicted[PREDICTIONS.names], PREDICTIONS)
    write_json(paths.evaluation(name), found.document)
    write_csv(paths.slices(name), found.slices, float_format=FLOAT_FORMAT)
    write_plot(paths.reliability_table(name), found.reliability, float_format=FLOAT_FORMAT)
    write_plot(paths.selective_table(name), found.selective, float_format=FLOAT_FORMAT)
    write_plot(paths.confusion_table(name), found.confusion)
    draw_confusion(paths.confusion_picture(name), found.document["all"]["confusion"], found.document["classes"], title=found.title)
