"""Stage `configure`: the complete configuration of each model."""

import typer

from mien.config.configure import configure
from mien.config.model import config_document
from mien.config.params import load_params
from mien.core import paths
from mien.core.files import replacing_directory, write_json
from mien.core.plural import plural
from mien.core.stage import command


def main() -> None:
    """Resolves the complete configuration of each model.

    Reads params.yaml. Writes data/configs/MODEL.json: the model's entry, the defaults that it inherits, and only those loss and recipe
    parameters that its own loss and recipe read.
    """
    params = load_params()
    folder = paths.config("any").parent
    with replacing_directory(folder) as temporary:
        for model in params.models:
            write_json(temporary / paths.config(model).name, config_document(configure(params, model)))
    typer.echo(f"configure: {plural(len(params.models), 'model')}: {', '.join(params.models)}")


if __name__ == "__main__":
    command(main)()
