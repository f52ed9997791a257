"""Stage `sanitise`: labels and survivors; mien/sanitise/rules.py contains the rules."""

from pathlib import Path

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.files import write_json
from mien.core.stage import command
from mien.ingest.unlabelled import require_some
from mien.sanitise.cautions import cautions
from mien.sanitise.corrections import read_corrections
from mien.sanitise.counts import counts
from mien.sanitise.emptied import emptied, warnings
from mien.sanitise.remarks import correction_remarks, counter_remarks, unknown_remarks
from mien.sanitise.rules import image_rows, sanitise
from mien.store.clips import with_clips
from mien.store.shards import read_store
from mien.store.tables import DUPLICATES, FATES, FILES, IMAGES, LABELS, REJECTED, read_table, write_table


def main() -> None:
    """Maps folder names to classes, and keeps one survivor per duplicate group.

    Reads data/raw/files.parquet, data/images, data/duplicates.parquet and the file at labels.corrections;
    writes data/labels.parquet, data/labels_removed.parquet and metrics/data/sanitise.json.
    """
    params = load_params()
    decisions = read_corrections(Path(params.labels.corrections), params.labels)
    files, rejected = with_clips(read_table(paths.FILES, FILES)), read_table(paths.REJECTED, REJECTED)
    rows = image_rows(
        files,
        rejected,
        read_table(paths.DUPLICATES, DUPLICATES),
        read_store(paths.IMAGES, IMAGES, columns=["sample_id", "width_px", "height_px", "pixel_sha256"]).to_pandas(),
        params.labels,
    )
    if not decisions:  # people's decisions may label files that are in no class folder
        require_some(rows, files, rejected, params.labels.spellings)
    result = sanitise(rows, params.labels, method=params.split.method, decisions=decisions)
    found = counts(result, classes=params.labels.kept)
    write_table(paths.LABELS, result.labels, LABELS)
    write_table(paths.LABELS_REMOVED, result.removed, FATES)
    write_json(paths.counts("sanitise"), found)

    empty = warnings(
        emptied(files, rejected, [result.removed], result.labels["path"], params.labels),
        [name for name, num in found["kept"].items() if not num],
    )
    remarks = (*unknown_remarks(result), *counter_remarks(result, files, params.labels), *correction_remarks(result, params.labels))
    for line in (*remarks, *cautions(found), *empty):
        typer.echo(f"sanitise: {line}")
    taken = ", ".join(f"{num} {reason.replace('_', ' ')}" for reasons in found["removed"].values() for reason, num in reasons.items())
    typer.echo(f"sanitise: {len(result.labels)} images labelled, {len(result.removed)} removed ({taken or 'none'})")


if __name__ == "__main__":
    command(main)()
