"""Reads every file of the source once."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import typer
from tqdm import tqdm

from mien import paths
from mien.data.blobs import BlobSpool
from mien.data.pointers import LFS, stands_in
from mien.data.sources import source_entries
from mien.data.sources.counts import counts, listed, num_subjects
from mien.data.sources.entry import read_entry
from mien.data.sources.label import add_labels
from mien.data.sources.layout import label_of, subset_of, unique_paths
from mien.data.sources.metadata import add_metadata, read_metadata
from mien.data.sources.remarks import label_remarks, lfs_remarks, refuse_pointers
from mien.data.sources.subject import add_subjects
from mien.data.spelling import Spellings
from mien.data.tables import FILES, write_table
from mien.errors import SourceError
from mien.files import replacing_directory, write_json
from mien.params import load_params
from mien.stage import command


def main() -> None:
    """Reads every file of ingest.source once: a row per file in data/raw/files.parquet, contents in data/raw/[0-f].parquet."""
    whole = load_params()
    params, known = whole.ingest, whole.labels.spellings
    source, metadata_path = Path(params.source), Path(params.metadata)
    metadata = read_metadata(metadata_path)
    with replacing_directory(paths.RAW) as folder:
        with BlobSpool(folder / "spool") as spool:
            rows, num_pointers = _read(source, spool, known)
            unmatched = add_metadata(rows, metadata, path=metadata_path)
            unlabelled = add_labels(rows, params.label, metadata.labels)
            unnamed = add_subjects(rows, params.subject)
            num_contents = len(spool)
            spool.write_store(folder)
        rows.sort(key=lambda row: row["path"])
        write_table(folder / paths.FILES.name, pa.Table.from_pylist(rows, FILES), FILES)
    found = counts(rows, num_contents=num_contents, num_unmatched=len(unmatched), by_pattern=bool(params.subject))
    write_json(paths.counts("ingest"), found)
    subjects = num_subjects(rows)
    typer.echo(
        f"ingest: {found['files']} files, {found['images']} images ({num_contents} different), "
        f"{listed(found['ignored'])} ignored, {listed(found['errors'])} unreadable"
        + (f", {subjects} subject{'s'[: subjects != 1]}" if subjects else "")
    )
    if unmatched:
        typer.echo(f"warning: {len(unmatched)} paths of {metadata_path} are no file of the source, such as {unmatched[0]}", err=True)
    if unnamed:
        typer.echo(
            f"warning: {len(unnamed)} of {found['images']} images have no subject by ingest.subject or ingest.metadata, such as {unnamed[0]}",
            err=True,
        )
    for line in (*lfs_remarks(num_pointers), *label_remarks(rows, known, unlabelled)):
        typer.echo(line, err=line.startswith("warning: "))


def _read(source: Path, spool: BlobSpool, known: Spellings) -> tuple[list[dict[str, Any]], int]:
    """The rows of files, and how many of them are pointers of Git LFS."""
    rows: list[dict[str, Any]] = []
    num_pointers = 0
    unique = unique_paths()
    for entry in tqdm(source_entries(source), desc="ingest", unit="file"):
        file = read_entry(entry)
        num_pointers += file.content is not None and stands_in(file.content) == LFS
        rows.append(
            {
                "path": unique(file.path),
                "sample_id": None if file.content is None else spool.add(file.content),
                "label_raw": label_of(file.path, known),
                "subset_raw": subset_of(file.path, known),
                "size_bytes": file.size_bytes,
                "ignored": file.ignored,
                "error": file.error,
            }
        )
    if not len(spool):
        reasons = Counter(row["ignored"] or row["error"] for row in rows).most_common(3)
        seen = ", ".join(f"{count} {reason}" for reason, count in reasons) or "it is empty"
        raise SourceError(f"ingest.source: {source} holds no image among {len(rows)} files ({seen}); name a source with photographs")
    refuse_pointers(source, num_pointers, num_images=sum(row["sample_id"] is not None for row in rows))
    return rows, num_pointers


if __name__ == "__main__":
    command(main)()
