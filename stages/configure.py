"""Stage `configure`: the complete configuration of each model."""

from pathlib import Path
from typing import Any

import typer

from mien.config.configure import configure, explanation, pretrained_document, stage_parameters
from mien.config.model import config_document
from mien.config.params import load_params
from mien.config.prediction import ensemble_config, prediction_config
from mien.config.weights import require_weights
from mien.core import paths
from mien.core.files import replacing_directory, write_json
from mien.core.plural import plural
from mien.core.stage import command


def main() -> None:
    """Resolves the whole configuration of each model.

    Reads params.yaml. Writes data/configs/MODEL.json: the entry of the model, the defaults that it inherits, and exactly those parameters
    of losses and recipes that its own loss and recipe read. Writes data/configs/pretrained/MODEL.json (the backbone and its weights),
    data/configs/prediction/MODEL.json (how the trained model predicts), data/configs/explain/MODEL.json (how it is explained),
    data/configs/ensembles/ENSEMBLE.json (the models of an ensemble), data/configs/exports/EXPORT.json (the model and the precision of an
    export), data/configs/temporal/NAME.json (what a temporal model is) and data/configs/stages/STAGE.json (the parameters that a stage
    reads for every model).
    """
    params = load_params()
    documents: dict[Path, Any] = {paths.config(model): config_document(configure(params, model)) for model in params.models}
    documents |= {paths.pretrained_config(name): pretrained_document(entry) for name, entry in params.models.items()}
    documents |= {paths.prediction_config(model): prediction_config(params, model).model_dump(mode="json") for model in params.models}
    documents |= {paths.explanation_config(model): explanation(params, model).model_dump(mode="json") for model in params.models}
    documents |= {paths.ensemble_config(name): ensemble_config(params, name).model_dump(mode="json") for name in params.ensembles}
    documents |= {paths.export_config(name): entry.model_dump(mode="json") for name, entry in params.exports.items()}
    documents |= {paths.temporal_config(name): entry.model_dump(mode="json") for name, entry in params.temporal.items()}
    documents |= {paths.stage_config(stage): values for stage, values in stage_parameters(params).items()}
    for name, entry in params.models.items():
        require_weights(name, entry.weights)
    with replacing_directory(paths.CONFIGS) as temporary:
        for path, document in documents.items():
            write_json(temporary / path.relative_to(paths.CONFIGS), document)
    paths.robustness("").parent.mkdir(parents=True, exist_ok=True)  # `report` depends on it, even if no model is tested there
    typer.echo(f"configure: {plural(len(params.models), 'model')}: {', '.join(params.models)}")


if __name__ == "__main__":
    command(main)()
