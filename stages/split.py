"""Stage `split`: training, validation and test images, and the fate of every file."""

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.files import write_json
from mien.core.stage import command
from mien.split.counts import sentence
from mien.split.splitting import make_splits
from mien.store.shards import read_store
from mien.store.tables import FACES, FATES, FILES, LABELS, REJECTED, SPLITS, read_table, write_table


def main() -> None:
    """Divides the images into training, validation and test, and records the fate of every file.

    Reads data/raw/files.parquet, data/images/rejected.parquet, data/labels.parquet, data/labels_removed.parquet and data/faces;
    writes data/splits.parquet, data/fates.parquet, data/quarantine.parquet and metrics/data/split.json.
    """
    params = load_params()
    outcome = make_splits(
        read_table(paths.LABELS, LABELS),
        read_store(paths.FACES, FACES, columns=["sample_id", "score", "num_faces"]).to_pandas(),
        files=read_table(paths.FILES, FILES),
        rejected=read_table(paths.REJECTED, REJECTED),
        labels_removed=read_table(paths.LABELS_REMOVED, FATES),
        faceless=read_table(paths.FACES_REMOVED, FATES),
        params=params,
    )
    write_table(paths.SPLITS, outcome.splits, SPLITS)
    write_table(paths.FATES, outcome.fates, FATES)
    write_table(paths.QUARANTINE, outcome.fates[outcome.fates["fate"] == "quarantined"], FATES)
    write_json(paths.counts("split"), outcome.counts)
    for line in (sentence(outcome.counts), *outcome.remarks):
        typer.echo(f"split: {line}")


if __name__ == "__main__":
    command(main)()
