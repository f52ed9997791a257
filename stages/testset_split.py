"""Stage `testset_split@NAME`: the images of a further test set that the models have not seen, and the fate of every file."""

from typing import Annotated

import typer

from mien.config.params import load_params
from mien.config.testsets import for_testset
from mien.core import paths
from mien.core.files import write_json
from mien.core.stage import command
from mien.store.shards import read_store
from mien.store.tables import FACES, FATES, FILES, LABELS, REJECTED, SPLITS, read_table, write_table
from mien.testsets.against import related
from mien.testsets.keys import errors_of
from mien.testsets.prepared import Prepared
from mien.testsets.splitting import seen_rows, sentence, split_testset


def main(testset: Annotated[str, typer.Argument(help="a name under `testsets` in params.yaml")]) -> None:
    """Leaves out what shows a picture or scene of the training or validation split, and records the fate of every file of the test set.

    Reads data/testsets/NAME/prepared; data/images and data/splits.parquet of the main source. Writes data/testsets/NAME/splits.parquet,
    data/testsets/NAME/fates.parquet and metrics/evaluate/testsets/NAME.json.
    """
    params = for_testset(load_params(), testset)
    prepared, main_rows = Prepared(paths.testset_prepared(testset)), seen_rows(read_table(paths.SPLITS, SPLITS))
    labels = read_table(prepared.labels, LABELS)
    found = related(
        set(labels["sample_id"]),
        prepared.images,
        main=set(main_rows["sample_id"]),
        main_images=paths.IMAGES,
        params=params.dedup,
        workers=params.runtime.workers,
    )
    with errors_of(testset):
        outcome = split_testset(
            labels,
            read_store(prepared.faces, FACES, columns=["sample_id", "score", "num_faces"]).to_pandas(),
            found,
            files=read_table(prepared.files, FILES),
            rejected=read_table(prepared.rejected, REJECTED),
            labels_removed=read_table(prepared.labels_removed, FATES),
            faceless=read_table(prepared.faces_removed, FATES),
            main=main_rows,
            params=params,
        )
    write_table(paths.testset_splits(testset), outcome.splits, SPLITS)
    write_table(paths.testset_fates(testset), outcome.fates, FATES)
    write_json(paths.testset_counts(testset), outcome.counts)
    typer.echo(f"testset {testset}: {sentence(outcome.counts)}")


if __name__ == "__main__":
    command(main)()
