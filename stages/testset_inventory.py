"""Stage `testset_inventory@NAME`: the list of a further test set's files with their hashes, by which DVC detects changes."""

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.plural import plural
from mien.core.stage import command
from mien.ingest.sources import kind_of
from mien.ingest.sources.place import source_place
from mien.inventory.inputs import require_file
from mien.inventory.known import Known
from mien.inventory.listing import files_of, rows_of
from mien.store.tables import INVENTORY, write_table
from mien.testsets.keys import errors_of


def main(testset: Annotated[str, typer.Argument(help="a name under `testsets` in params.yaml")]) -> None:
    """Lists the files of a further test set with their hashes, and its tables of metadata and votes. Runs at each `dvc repro`.

    Writes data/testsets/NAME/inventory.parquet, on which `testset@NAME` depends, so that it runs again exactly if one of them changed.
    """
    params = load_params()
    entry = params.testset(testset)
    tables = {"metadata": (entry.metadata, "path,subject"), "votes": (entry.votes, "path")}
    with errors_of(testset):
        for key, (path, header) in tables.items():
            if path:
                require_file(path, key=f"ingest.{key}", header=header)
        source = source_place(entry.source)
        kind_of(source)
        files = files_of(source)
        named = [file for path, _ in tables.values() if path for file in files_of(Path(path))]
        known = Known(paths.testset_hashes(testset))
        rows = rows_of([*files, *named], known, workers=params.runtime.workers)
    known.save()
    write_table(paths.testset_inventory(testset), pa.Table.from_pylist(rows, INVENTORY), INVENTORY)
    own = rows[: len(files)]
    unread = [row["path"] for row in own if row["sha256"] is None]
    typer.echo(
        f"testset {testset}: {plural(len(own), 'file')} in {entry.source}, {sum(row['size_bytes'] or 0 for row in own) / 1e6:.1f} MB"
        + (f"; {len(unread)} cannot be read, such as {unread[0]}" if unread else "")
    )


if __name__ == "__main__":
    command(main)()
