"""How a trained model predicts: settings that training does not read, so that changing one evaluates the model again but trains none.

A prediction also needs the temperature, which is fitted on the validation images with these settings. model.json has neither, because it is
written by the training; metrics/evaluate/MODEL.json has both.
"""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from mien.config.params import Params
from mien.config.sections.base import Section
from mien.config.sections.exports import ExportParams
from mien.config.sections.models import Tta
from mien.config.sections.temporal import TemporalParams
from mien.core import paths
from mien.core.errors import TableError
from mien.core.outputs import read_json_output

Known = TypeVar("Known", bound=Section)


class PredictionConfig(Section):
    """The file data/configs/prediction/MODEL.json."""

    tta: Tta


def prediction_config(params: Params, model: str) -> PredictionConfig:
    """The settings of one model of params.yaml."""
    return PredictionConfig(tta=params.model(model).tta)


def read_prediction_config(path: Path) -> PredictionConfig:
    """The settings in a file. Raises TableError if the file is missing or does not contain them."""
    return _read(path, PredictionConfig, "the settings of a prediction")


class EnsembleConfig(Section):
    """The file data/configs/ensembles/ENSEMBLE.json: the members and how each predicts, which decides what an ensemble costs."""

    members: dict[str, PredictionConfig] = Field(min_length=2)


def ensemble_config(params: Params, ensemble: str) -> EnsembleConfig:
    """The members of one ensemble of params.yaml, in their order there."""
    return EnsembleConfig(members={model: prediction_config(params, model) for model in params.ensemble(ensemble)})


def read_ensemble_config(path: Path) -> EnsembleConfig:
    """The members in a file. Raises TableError if the file is missing or does not contain them."""
    return _read(path, EnsembleConfig, "the members of an ensemble")


def read_export_config(path: Path) -> ExportParams:
    """The entry of params.yaml in a file data/configs/exports/EXPORT.json. Raises TableError if it is missing or does not contain one."""
    return _read(path, ExportParams, "the settings of an export")


def read_temporal_config(path: Path) -> TemporalParams:
    """The entry of params.yaml in a file data/configs/temporal/NAME.json. Raises TableError if it is missing or does not contain one."""
    return _read(path, TemporalParams, "the settings of a temporal model")


def all_settings(params: Params, name: str) -> dict[str, Any]:
    """Every setting that `configure` wrote of a model (of its training and of its predictions), an ensemble, an export or a temporal model,
    JSON values.

    Raises TableError if a file is missing.
    """
    if name in params.temporal:
        temporal: dict[str, Any] = read_json_output(paths.temporal_config(name))
        return temporal
    if name in params.ensembles or name in params.exports:
        own = paths.ensemble_config(name) if name in params.ensembles else paths.export_config(name)
        found: dict[str, Any] = read_json_output(own)
        return found
    return {**read_json_output(paths.config(name)), **read_json_output(paths.prediction_config(name))}


def _read(path: Path, kind: type[Known], what: str) -> Known:
    try:
        return kind.model_validate(read_json_output(path))
    except ValidationError as error:
        raise TableError(f"{path} does not contain {what}; run `dvc repro configure`: {error}") from None
