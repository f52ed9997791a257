"""Stage `ingest`: reads every file of the source once."""

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.files import replacing_directory, write_json
from mien.core.stage import command
from mien.ingest.ingesting import ingest_source


def main() -> None:
    """Reads every file of ingest.source once.

    Writes a row per file to data/raw/files.parquet, the faces that a data set marks to data/raw/boxes.parquet, and contents to the shards
    of data/raw.
    """
    params = load_params()
    with replacing_directory(paths.RAW) as folder:
        done = ingest_source(params.ingest, params.labels.spellings, folder)
    write_json(paths.counts("ingest"), done.counts)
    for line in done.lines:
        typer.echo(line, err=line.startswith("warning: "))


if __name__ == "__main__":
    command(main)()
