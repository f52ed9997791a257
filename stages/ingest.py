"""Reads every file of the source once."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import typer
from tqdm import tqdm

from mien import paths
from mien.data.blobs import BlobSpool
from mien.data.sources import source_entries
from mien.data.sources.entry import read_entry
from mien.data.sources.layout import label_of, subset_of, unique_paths
from mien.data.sources.metadata import add_metadata, read_metadata
from mien.data.tables import FILES, write_table
from mien.errors import SourceError
from mien.files import replacing_directory, write_json
from mien.params import load_params
from mien.stage import command


def main() -> None:
    """Reads every file of ingest.source once: a row per file in data/raw/files.parquet, contents in data/raw/[0-f].parquet."""
    params = load_params().ingest
    source, metadata_path = Path(params.source), Path(params.metadata)
    metadata = read_metadata(metadata_path)
    with replacing_directory(paths.RAW) as folder:
        with BlobSpool(folder / "spool") as spool:
            rows = _read(source, spool)
            unmatched = add_metadata(rows, metadata, path=metadata_path)
            num_contents = len(spool)
            spool.write_store(folder)
        rows.sort(key=lambda row: row["path"])
        write_table(folder / paths.FILES.name, pa.Table.from_pylist(rows, FILES), FILES)
    counts = _counts(rows, num_contents=num_contents, num_unmatched=len(unmatched))
    write_json(paths.counts("ingest"), counts)
    typer.echo(
        f"ingest: {counts['files']} files, {counts['images']} images ({num_contents} different), "
        f"{_listed(counts['ignored'])} ignored, {_listed(counts['errors'])} unreadable"
    )
    if unmatched:
        typer.echo(f"warning: {len(unmatched)} paths of {metadata_path} are no file of the source, such as {unmatched[0]}", err=True)


def _read(source: Path, spool: BlobSpool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    unique = unique_paths()
    for entry in tqdm(source_entries(source), desc="ingest", unit="file"):
        file = read_entry(entry)
        rows.append(
            {
                "path": unique(file.path),
                "sample_id": None if file.content is None else spool.add(file.content),
                "label_raw": label_of(file.path),
                "subset_raw": subset_of(file.path),
                "size_bytes": file.size_bytes,
                "ignored": file.ignored,
                "error": file.error,
            }
        )
    if not len(spool):
        reasons = Counter(row["ignored"] or row["error"] for row in rows).most_common(3)
        seen = ", ".join(f"{count} {reason}" for reason, count in reasons) or "it is empty"
        raise SourceError(f"ingest.source: {source} holds no image among {len(rows)} files ({seen}); name a source with photographs")
    return rows


def _counts(rows: list[dict[str, Any]], *, num_contents: int, num_unmatched: int) -> dict[str, Any]:
    images = [row for row in rows if row["sample_id"] is not None]
    return {
        "files": len(rows),
        "images": len(images),
        "contents": num_contents,
        "ignored": _tally(row["ignored"] for row in rows),
        "errors": _tally(row["error"] and row["error"].partition(":")[0] for row in rows),
        "subsets": _tally(row["subset_raw"] or "none" for row in images),
        "without_label": sum(row["label_raw"] is None for row in images),
        "with_subject": sum(row["subject"] is not None for row in images),
        "metadata_paths_without_file": num_unmatched,
    }


def _listed(tally: dict[str, int]) -> str:
    """'7 (4 system file, 3 hidden image)'."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.items(), key=lambda item: -item[1]))
    return f"{sum(tally.values())}{f' ({reasons})' if tally else ''}"


def _tally(values: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value is not None).items()))


if __name__ == "__main__":
    command(main)()
