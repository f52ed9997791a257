"""Stage `dedup`: duplicate groups and scenes; mien/dedup contains the method."""

from functools import partial

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.files import write_json
from mien.core.plural import plural
from mien.core.stage import command
from mien.dedup.details import stored_details
from mien.dedup.find import COLUMNS, duplicate_counts, find_duplicates, pictures_of
from mien.store.clips import with_clips
from mien.store.shards import read_store
from mien.store.tables import DUPLICATES, FILES, IMAGES, PAIRS, read_table, write_table


def main() -> None:
    """Finds images that are copies of one picture (same bytes, same pixels, near, mirrored) or show one scene. Nothing is dropped.

    The frames of a clip are one unit, which is a copy of other clips or images only.

    Reads data/raw/files.parquet and data/images; writes data/duplicates.parquet, data/pairs.parquet and metrics/data/dedup.json.
    """
    params = load_params()
    files = with_clips(read_table(paths.FILES, FILES, ["path", "sample_id", "label_raw", "subset_raw", "metadata"]))
    shown, workers = pictures_of(read_store(paths.IMAGES, IMAGES, COLUMNS), files), params.runtime.workers
    details = partial(stored_details, paths.IMAGES, workers=workers)
    found = find_duplicates(files, shown, details=details, **params.dedup.model_dump(), workers=workers)
    counts = duplicate_counts(found.rows, files, found.pairs_by_kind)
    write_table(paths.DUPLICATES, found.rows, DUPLICATES)
    write_table(paths.PAIRS, found.pairs, PAIRS)
    write_json(paths.counts("dedup"), counts)
    kinds = ", ".join(f"{num} {kind}" for kind, num in counts["files_by_kind"].items())
    typer.echo(
        f"dedup: {counts['files']} files, {plural(counts['groups'], 'group')} of the same picture ({kinds}), "
        f"{plural(counts['scenes'], 'scene')} of several pictures ({counts['files_in_scenes']} files)"
    )


if __name__ == "__main__":
    command(main)()
