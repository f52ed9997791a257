"""The command `mien split`: shows the split, and writes it as a list of files."""

from pathlib import Path
from typing import Annotated

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.plural import plural


def split(
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", dir_okay=False, help="also write the list of files, CSV; it contains file names"),
    ] = None,
) -> None:
    """Prints the number of images of each class in each split, and of the files that are in no split.

    With --export it also writes a row for each file of the source: path, sample_id, label, split, the flag of a test image that is not
    clean, the group of files that show the same photograph, and the fate and reason of a file that is in no split. The list contains no
    images, but it contains original file names. It reads data/splits.parquet, data/fates.parquet and data/duplicates.parquet, so run
    `dvc repro split` first.
    """
    from mien.core.spreadsheet import write_csv
    from mien.split.listing import listing, summary
    from mien.store.tables import DUPLICATES, FATES, SPLITS, read_table  # pandas

    classes = load_params().labels.kept
    rows = listing(
        read_table(paths.SPLITS, SPLITS, ["path", "label", "split", "flag"]),
        read_table(paths.FATES, FATES),
        read_table(paths.DUPLICATES, DUPLICATES, ["path", "group_id"]),
    )
    typer.echo(summary(rows, classes=list(classes)))
    if export:
        write_csv(export, rows)
        typer.echo(f"split: {plural(len(rows), 'file')} in {export}; it contains file names of the source")
