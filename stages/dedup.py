"""Which images are the same picture; see mien/data/duplicates for how."""

import typer

from mien import paths
from mien.data.duplicates.find import COLUMNS, duplicate_counts, find_duplicates
from mien.data.shards import read_store
from mien.data.tables import DUPLICATES, FILES, IMAGES, read_table, write_table
from mien.files import write_json
from mien.params import load_params
from mien.stage import command


def main() -> None:
    """Which images are the same picture: same bytes, same pixels, near, mirrored. Drops nothing.

    Reads data/raw/files.parquet and data/images; writes data/duplicates.parquet and metrics/data/dedup.json.
    """
    params = load_params()
    files = read_table(paths.FILES, FILES, ["path", "sample_id", "label_raw", "subset_raw"])
    images = read_store(paths.IMAGES, IMAGES, COLUMNS)
    rows, pairs_by_kind = find_duplicates(files, images, **params.dedup.model_dump(), workers=params.runtime.workers)
    counts = duplicate_counts(rows, files, pairs_by_kind)
    write_table(paths.DUPLICATES, rows, DUPLICATES)
    write_json(paths.counts("dedup"), counts)
    kinds = ", ".join(f"{num} {kind}" for kind, num in counts["files_by_kind"].items())
    typer.echo(f"dedup: {counts['files']} files, {counts['groups']} group{'s'[: counts['groups'] != 1]} of the same picture ({kinds})")


if __name__ == "__main__":
    command(main)()
