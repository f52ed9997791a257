"""Labels and survivors; see mien/sanitise/selection.py for the rules."""

from pathlib import Path
from typing import Any

import pandas as pd
import typer

from mien.config.params import Params, load_params
from mien.core import paths
from mien.core.files import write_json
from mien.core.stage import command
from mien.ingest.unlabelled import require_some
from mien.sanitise.cautions import cautions
from mien.sanitise.corrections import read_corrections
from mien.sanitise.emptied import emptied, warnings
from mien.sanitise.selection import Sanitised, image_rows, sanitise
from mien.store.shards import read_store
from mien.store.tables import DUPLICATES, FATES, FILES, IMAGES, LABELS, REJECTED, read_table, write_table


def main() -> None:
    """Folder spellings to classes, one survivor per duplicate group.

    Reads data/raw/files.parquet, data/images, data/duplicates.parquet and the file at labels.corrections;
    writes data/labels.parquet, data/labels_removed.parquet and metrics/data/sanitise.json.
    """
    params = load_params()
    decisions = read_corrections(Path(params.labels.corrections), params.labels)
    files, rejected = read_table(paths.FILES, FILES), read_table(paths.REJECTED, REJECTED)
    rows = image_rows(
        files,
        rejected,
        read_table(paths.DUPLICATES, DUPLICATES),
        read_store(paths.IMAGES, IMAGES, columns=["sample_id", "width_px", "height_px", "pixel_sha256"]).to_pandas(),
    )
    if not decisions:  # people's decisions may label what no folder does
        require_some(rows, files, rejected, params.labels.spellings)
    result = sanitise(rows, params.labels, method=params.split.method, decisions=decisions)
    counts = summary(result, params)
    write_table(paths.LABELS, result.labels, LABELS)
    write_table(paths.LABELS_REMOVED, result.removed, FATES)
    write_json(paths.counts("sanitise"), counts)

    for unknown in result.unknown:
        typer.echo(f"sanitise: unknown label {unknown}" if unknown.spelling else f"sanitise: {unknown}")
    empty = warnings(
        emptied(files, rejected, [result.removed], result.labels["path"], params.labels),
        [name for name, num in counts["kept"].items() if not num],
    )
    for line in (*counted(result, files, params), *notes(result, params), *cautions(counts), *empty):
        typer.echo(f"sanitise: {line}")
    taken = ", ".join(f"{num} {reason.replace('_', ' ')}" for reasons in counts["removed"].values() for reason, num in reasons.items())
    typer.echo(f"sanitise: {len(result.labels)} images labelled, {len(result.removed)} removed ({taken or 'none'})")


def summary(result: Sanitised, params: Params) -> dict[str, Any]:
    """The counts: images by class, removed files by fate and reason, unknown spellings, flags of an official test split."""
    kept, removed = result.labels, result.removed
    by_reason = removed.groupby(["fate", "reason"]).size()
    return {
        "kept": {name: int((kept["label"] == name).sum()) for name in params.labels.kept},
        "removed": {fate: {reason: int(num) for reason, num in part.droplevel(0).items()} for fate, part in by_reason.groupby(level=0)},
        "conflicting_groups": result.num_conflicts,
        "near_copies_kept": result.num_near_copies,
        "unknown_labels": [{"label": entry.spelling, "files": entry.num_files, "closest_class": entry.closest} for entry in result.unknown],
        "corrections": result.corrections,
        "test_flags": {str(flag): int(num) for flag, num in kept["flag"].dropna().value_counts().sort_index().items()},
    }


def counted(result: Sanitised, files: pd.DataFrame, params: Params) -> list[str]:
    """What to say where spellings have their class only because their numbers were taken for counters; see mien/config/spelling.py."""
    known = params.labels.spellings
    its = sorted({label for label in files.loc[files["path"].isin(result.labels["path"]), "label_raw"] if known.is_counted(label)})
    shown = ", ".join(f"{label!r} ({known.class_of(label)})" for label in its[:10])
    more = f" and {len(its) - 10} more" * (len(its) > 10)
    return [f"numbers taken for counters: {shown}{more}; to make one a label of its own, name it in labels.aliases"] if its else []


def notes(result: Sanitised, params: Params) -> list[str]:
    """What became of the corrections, in lines to print; the source may have changed since they were made, so none of it is an error."""
    done = {name: num for name, num in result.corrections.items() if num}
    lines = []
    if done:
        shown = ", ".join(f"{num} {name.replace('_', ' ')}" for name, num in done.items())
        lines.append(f"decisions of {params.labels.corrections}: {shown}")
    if num := done.get("in_test", 0):
        lines.append(f"warning: {num} of them concern images of the official test split, whose labels stay as published")
    if unused := result.unused_corrections:
        lines.append(
            f"warning: no image that can be used has the sample_id {unused[0]}" + f" (and {len(unused) - 1} more)" * (len(unused) > 1)
        )
    return lines


if __name__ == "__main__":
    command(main)()
