"""Stage `inventory`: the list of the source's files with their hashes, by which DVC detects changes of the source."""

from pathlib import Path

import pyarrow as pa
import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.plural import plural
from mien.core.repository import require_complete
from mien.core.stage import command
from mien.ingest.sources import kind_of
from mien.ingest.sources.place import source_place
from mien.inventory.inputs import require_file
from mien.inventory.known import Known
from mien.inventory.listing import files_of, rows_of
from mien.store.tables import INVENTORY, write_table


def main() -> None:
    """Lists the files of ingest.source with their hashes in data/inventory.parquet, on which ingest depends. Runs at each `dvc repro`.

    It also checks that the files named in params.yaml exist; DVC would otherwise stop with a less helpful message.
    """
    params = load_params()
    if paths.workspace() != Path.cwd().resolve():
        require_complete(paths.workspace())  # checked here, before an experiment in a temporary copy has taken any time
    require_file(params.ingest.metadata, key="ingest.metadata", header="path,subject")
    require_file(params.ingest.votes, key="ingest.votes", header="path")
    require_file(params.labels.corrections, key="labels.corrections", header="sample_id,decision")
    source = source_place(params.ingest.source)
    kind_of(source)
    known = Known(paths.workspace() / paths.HASHES)
    rows = rows_of(files_of(source), known, workers=params.runtime.workers)
    known.save()
    write_table(paths.INVENTORY, pa.Table.from_pylist(rows, INVENTORY), INVENTORY)
    unread = [row["path"] for row in rows if row["sha256"] is None]
    typer.echo(
        f"inventory: {plural(len(rows), 'file')} in {params.ingest.source}, {sum(row['size_bytes'] or 0 for row in rows) / 1e6:.1f} MB"
        + (f"; {len(unread)} cannot be read, such as {unread[0]}" if unread else "")
    )


if __name__ == "__main__":
    command(main)()
