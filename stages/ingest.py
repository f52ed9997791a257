"""Reads every file of the source once."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import typer
from tqdm import tqdm

from mien.config.params import load_params
from mien.config.spelling import Spellings
from mien.core import paths
from mien.core.errors import SourceError
from mien.core.files import replacing_directory, write_json
from mien.core.printable import one_line
from mien.core.stage import command
from mien.ingest.blobs import BlobSpool
from mien.ingest.counts import counts, listed, num_subjects, why_none
from mien.ingest.label import add_labels
from mien.ingest.layout import label_of, subset_of, unique_paths
from mien.ingest.metadata import add_metadata, read_metadata
from mien.ingest.remarks import label_remarks, lfs_remarks, refuse_pointers
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import read_entry
from mien.ingest.sources.place import source_place
from mien.ingest.subject import add_subjects
from mien.store.pointers import LFS, stands_in
from mien.store.tables import FILES, write_table


def main() -> None:
    """Reads every file of ingest.source once: a row per file in data/raw/files.parquet, contents in data/raw/[0-f].parquet."""
    whole = load_params()
    params, known = whole.ingest, whole.labels.spellings
    source, metadata_path = source_place(params.source), Path(params.metadata)
    metadata = read_metadata(metadata_path)
    with replacing_directory(paths.RAW) as folder:
        with BlobSpool(folder / "spool") as spool:
            rows, num_pointers = _read(source, spool, known, max_bytes=params.max_file_mb * 2**20)
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
        typer.echo(
            f"warning: {len(unmatched)} paths of {metadata_path} are no file of the source, such as {one_line(unmatched[0])}", err=True
        )
    if unnamed:
        typer.echo(
            f"warning: {len(unnamed)} of {found['images']} images have no subject by ingest.subject or ingest.metadata, such as {one_line(unnamed[0])}",
            err=True,
        )
    for line in (*lfs_remarks(num_pointers), *label_remarks(rows, known, unlabelled)):
        typer.echo(line, err=line.startswith("warning: "))


def _read(source: Path, spool: BlobSpool, known: Spellings, *, max_bytes: int) -> tuple[list[dict[str, Any]], int]:
    """The rows of files, and how many of them are pointers of Git LFS."""
    rows: list[dict[str, Any]] = []
    num_pointers = 0
    unique = unique_paths()
    for entry in tqdm(source_entries(source), desc="ingest", unit="file"):
        file = read_entry(entry, max_bytes=max_bytes)
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
        raise SourceError(f"ingest.source: {source} holds no image among {len(rows)} files ({why_none(rows)}")
    refuse_pointers(source, num_pointers, num_images=sum(row["sample_id"] is not None for row in rows))
    return rows, num_pointers


if __name__ == "__main__":
    command(main)()
