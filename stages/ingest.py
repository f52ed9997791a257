"""Stage `ingest`: reads every file of the source once."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.files import replacing_directory, write_json
from mien.core.stage import command
from mien.ingest.blobs import BlobSpool
from mien.ingest.clips import Clips, require_whole_clips
from mien.ingest.counts import counts, sentence
from mien.ingest.label import add_labels
from mien.ingest.metadata import add_metadata, read_metadata
from mien.ingest.part import add_parts
from mien.ingest.reading import read_source
from mien.ingest.remarks import label_remarks, lfs_remarks, path_remarks
from mien.ingest.sources.place import source_place
from mien.ingest.subject import add_subjects
from mien.ingest.votes import add_votes, read_votes
from mien.store.clips import clips_of
from mien.store.tables import FILES, write_table


def main() -> None:
    """Reads every file of ingest.source once. Writes a row per file to data/raw/files.parquet, and contents to the shards of data/raw."""
    whole = load_params()
    params, known = whole.ingest, whole.labels.spellings
    source, metadata_path = source_place(params.source), Path(params.metadata)
    metadata, votes = read_metadata(metadata_path), read_votes(Path(params.votes))
    with replacing_directory(paths.RAW) as folder:
        with BlobSpool(folder / "spool") as spool:
            read = read_source(source, spool, known, max_bytes=params.max_file_mb * 2**20, video_fps=params.video_fps)
            rows = read.rows
            unmatched = add_metadata(rows, metadata, path=metadata_path)
            unlabelled = add_labels(rows, params.label, metadata.labels)
            unnamed = add_subjects(rows, params.subject)
            add_parts(rows, params.part, metadata.parts)
            voted = add_votes(rows, votes, read.vote_tables)
            clip = clips_of(pd.DataFrame({"metadata": [row["metadata"] for row in rows]}, dtype=object))["clip"].tolist()
            require_whole_clips(rows, clip, known)
            clips = Clips.of(rows, clip, metadata.clips)
            num_contents = len(spool)
            spool.write_store(folder)
        rows.sort(key=lambda row: row["path"])
        write_table(folder / paths.FILES.name, pa.Table.from_pylist(rows, FILES), FILES)
    found = counts(rows, num_contents=num_contents, num_unmatched=len(unmatched), by_pattern=bool(params.subject))
    write_json(paths.counts("ingest"), found | clips.counts)
    typer.echo(f"ingest: {sentence(found, rows)}")
    remarks = path_remarks(unmatched, unnamed, metadata=metadata_path, num_images=found["images"])
    for line in (
        *remarks,
        *clips.remarks(),
        *(f"ingest: {told}" for told in voted),
        *lfs_remarks(read.num_pointers),
        *label_remarks(rows, known, unlabelled),
    ):
        typer.echo(line, err=line.startswith("warning: "))


if __name__ == "__main__":
    command(main)()
