"""The command `mien table`: a Markdown table of models tested on the same images."""

from typing import Annotated

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import ParamsError
from mien.core.outputs import read_json_output


def table(
    models: Annotated[list[str] | None, typer.Argument(help="models, ensembles or exports; default is all of params.yaml")] = None,
    against: Annotated[str, typer.Option("--against", metavar="MODEL", help="the model that the others are compared with")] = "",
) -> None:
    """Prints a Markdown table of models, ensembles and exports.

    With --against, it contains metrics, differences from one of the models with 95 % intervals, recalls and training times, as means over
    the seeds of a model. Without, it contains the metrics of each model on all test images, on those without a flag, and on each part of
    the test split.
    """
    params = load_params()
    names = list(dict.fromkeys(models or params.tested))
    for name in names:
        if name not in params.tested:
            params.model(name)
    if not against:
        from mien.compare.subsets import subset_table  # pandas

        typer.echo(subset_table({name: read_json_output(paths.evaluation(name)) for name in names}))
        return
    if against not in params.tested:
        raise ParamsError(f"--against must name the model to compare with, one of: {', '.join(params.tested)} (got {against!r})")

    from mien.compare.table import study_table
    from mien.split.units import units
    from mien.store.tables import PREDICTIONS, SPLITS, read_table
    from mien.training.timing import read_timing

    names = names if against in names else [against, *names]
    columns = ["path", "sample_id", "label", "split", "seed", "predicted"]
    predictions = {name: read_table(paths.predictions(name), PREDICTIONS, columns).query("split == 'test'") for name in names}
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
