"""The command `mien`: what a user does beside `dvc repro`. The stages have command lines of their own (python -m stages.NAME)."""

from pathlib import Path
from typing import Annotated

import typer

from mien import paths, preset, reference
from mien.backfill import track
from mien.errors import ParamsError, TableError
from mien.params import load_params
from mien.printable import printable
from mien.stage import reporting
from mien.study.command import study

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Tools beside `dvc repro`.")
app = reporting(commands)
commands.command("track")(track)
commands.command("study")(study)


@commands.command("preset")
def preset_command(
    name: Annotated[str, typer.Argument(help="which preset, or the path of a .yaml file of your own")] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="a dotted key and its value in YAML, such as 'models.*.weights=/folder'; repeatable"
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="only say which presets there are")] = False,
) -> None:
    """Merges a preset, then single settings, into params.yaml, whose comments and order stay, and prints what changed."""
    if listed or not (name or settings):
        for each in preset.names():
            typer.echo(printable(f"{each}: {preset.description(each)}"))
        return
    ignored = preset.left_out(name)
    changes = preset.apply_preset(name, settings=settings or ())
    for change in changes:
        typer.echo(printable(str(change)))
    for fault in ignored:
        typer.echo(printable(f"left out: {fault}"), err=True)
    typer.echo(
        f"preset{' ' * bool(name)}{name}: {len(changes)} change{'s'[: len(changes) != 1]} in {paths.PARAMS}"
        + ("; see `git diff`, then `dvc repro`" if changes else "")
    )


@commands.command("check")
def check_command(
    source: Annotated[str, typer.Argument(help="folder, archive or table; default is ingest.source of params.yaml")] = "",
) -> None:
    """Says in seconds what a source holds, what will be lost and why, what to set in params.yaml, and how long the data stages will take.

    It reads names and first bytes of all files, decodes a few images as a trial, and changes nothing.
    """
    from mien.check.command import check  # pandas, Pillow

    typer.echo(check(load_params(), source))


@commands.command("params")
def params_command(
    prefix: Annotated[str, typer.Argument(help="only keys that begin so, such as faces or models.resnet50.train")] = "",
) -> None:
    """Prints every parameter with its type, bounds, default and meaning."""
    if not reference.rows(prefix):
        raise ParamsError(f"no parameter begins with '{prefix}'; `mien params` prints them all")
    typer.echo(reference.table(prefix))


@commands.command("models")
def models_command() -> None:
    """Prints every model of params.yaml with its parts, parameters, MACs and feature map.

    Parameters are in millions, of the whole model.
    MACs are billions of multiply-accumulates (convolutions and matrix products) for one picture, half of torch's count of operations.
    The map is that of the last layer before the head: channels, height, width.
    Weights are named, not loaded.
    """
    from mien import listing  # torch

    typer.echo(listing.table(load_params()))


@commands.command("where")
def where_command(
    file: Annotated[
        str, typer.Argument(help="path in the source, its end, a file's name, a pattern such as '*.heic', a sample_id, or a hashed name")
    ],
) -> None:
    """Says what became of a file of the source: kept (in which split), duplicate, quarantined, rejected …, and why."""
    from mien.data.corrections import decision_of
    from mien.data.tables import FATES, read_table  # pandas
    from mien.data.whereabouts import matching, sentence

    found = matching(read_table(paths.FATES, FATES), file)
    if found.empty:
        raise TableError(
            f"{paths.FATES} has no file '{file}'; give a path as in {paths.FILES}, its end, a file's name, or a pattern such as '*.heic'"
        )
    decided = decision_of(load_params().labels)
    for row in found.to_dict("records"):
        typer.echo(sentence(row, decision=decided(row["sample_id"])))


@commands.command("pairs")
def pairs_command(
    num: Annotated[
        int, typer.Option("--num", min=1, help="how many pairs are shown at most, as many of each relation where there are")
    ] = 60,
    conflicts: Annotated[bool, typer.Option("--conflicts", help="only pairs whose pictures are under different labels")] = False,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", dir_okay=False, help="the page to write, HTML")] = paths.PAIRS_PAGE,
) -> None:
    """Shows pairs of alike pictures side by side on a page, to judge by your own set whether the thresholds of `dedup` are right.

    Near and mirrored pairs were taken for copies of one picture, scene pairs for other exposures of one person in one place.
    Of each relation the page has the pairs whose agreement is nearest to dedup.min_agreement, and says which parameter to move,
    and in which direction, if they were taken for the wrong thing. It reads data/pairs.parquet, so run `dvc repro dedup` before.
    """
    from mien.pairs.command import write_page  # pandas

    typer.echo(write_page(load_params(), num=num, is_conflicts=conflicts, out=out))


@commands.command("decide")
def decide_command(
    queue: Annotated[Path, typer.Argument(help="a review queue whose column `decision` is filled in: a class, keep or drop")] = paths.DOUBTS
    / "queue.csv",
) -> None:
    """Takes the decisions of a filled-in review queue over into the file at labels.corrections; `dvc repro` then applies them."""
    from mien.data.deciding import take_over  # pandas

    params = load_params().labels
    num_filled, num_new = take_over(queue, params)
    typer.echo(f"decide: {num_filled} decision{'s'[: num_filled != 1]} in {queue}, {num_new} of them new in {params.corrections}")


@commands.command("table")
def table_command(
    models: Annotated[list[str] | None, typer.Argument(help="which models, in this order; default is all of params.yaml")] = None,
    against: Annotated[
        str, typer.Option("--against", metavar="MODEL", help="the model that the others are compared with; must be given")
    ] = "",
) -> None:
    """Prints models tested on the same images, in Markdown: figures, differences to one of them with 95 % intervals, recalls, training times."""
    from mien.data.splits import units
    from mien.data.tables import SPLITS, read_predictions, read_table
    from mien.report.study_table import study_table
    from mien.report.timing import read_timing

    params = load_params()
    if against not in params.models:
        got = f" (got {against!r})" if against else ""
        raise ParamsError(f"--against must name the model to compare with, one of: {', '.join(params.models)}{got}")
    names = list(dict.fromkeys(models or params.models))
    for name in names:
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
