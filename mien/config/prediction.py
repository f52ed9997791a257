"""How a trained model predicts: settings that training does not read, so that changing one evaluates the model again but trains none.

A prediction also needs the temperature, which is fitted on the validation images with these settings. model.json has neither, because it is
written by the training; metrics/evaluate/MODEL.json has both.
"""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mien.config.params import Params
from mien.config.sections.base import Section
from mien.config.sections.models import Tta
from mien.core import paths
from mien.core.errors import TableError
from mien.core.outputs import read_json_output


class PredictionConfig(Section):
    """The file data/configs/prediction/MODEL.json."""

    tta: Tta


def prediction_config(params: Params, model: str) -> PredictionConfig:
    """The settings of one model of params.yaml."""
    return PredictionConfig(tta=params.model(model).tta)


def read_prediction_config(path: Path) -> PredictionConfig:
    """The settings in a file. Raises TableError if the file is missing or does not contain them."""
    try:
        return PredictionConfig.model_validate(read_json_output(path))
    except ValidationError as error:
        raise TableError(f"{path} does not contain the settings of a prediction; run `dvc repro configure`: {error}") from None


def all_settings(model: str) -> dict[str, Any]:
    """Every setting of a model that `configure` wrote, of its training and of its predictions, JSON values.

    Raises TableError if a file is missing.
    """
    return {**read_json_output(paths.config(model)), **read_json_output(paths.prediction_config(model))}
