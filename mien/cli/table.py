"""The command `mien table`: a Markdown table of models tested on the same images."""

from typing import Annotated

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import ParamsError


def table(
    models: Annotated[list[str] | None, typer.Argument(help="models or ensembles, in this order; default is all of params.yaml")] = None,
    against: Annotated[str, typer.Option("--against", metavar="MODEL", help="the model that the others are compared with; required")] = "",
) -> None:
    """Prints a Markdown table of models and ensembles tested on the same images.

    It contains metrics, differences from one of the models with 95 % intervals, recalls and training times.
    """
    from mien.compare.table import study_table
    from mien.split.units import units
    from mien.store.tables import SPLITS, read_predictions, read_table
    from mien.training.timing import read_timing

    params = load_params()
    if against not in params.tested:
        got = f" (got {against!r})" if against else ""
        raise ParamsError(f"--against must name the model to compare with, one of: {', '.join(params.tested)}{got}")
    names = list(dict.fromkeys(models or params.tested))
    for name in names:
        if name not in params.ensembles:
            params.model(name)
    names = names if against in names else [against, *names]
    columns = ["path", "sample_id", "label", "predicted"]
    predictions = {name: read_predictions(paths.predictions(name), columns=columns) for name in names}
    splits = read_table(paths.SPLITS, SPLITS)
    tested = splits[splits["split"] == "test"].reset_index(drop=True)
    typer.echo(
        study_table(
            predictions,
            against=against,
            classes=params.labels.kept,
            groups=dict(zip(tested["path"], units(tested), strict=True)),
            timings={name: read_timing(name) for name in names},
            seed=params.seed,
        )
    )
