"""From a source to the table of its files and the store of their contents: of the main source, and of further test sets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from mien.config.sections.ingest import IngestParams
from mien.config.spelling import Spellings
from mien.core import paths
from mien.core.errors import SourceError
from mien.ingest.blobs import BlobSpool
from mien.ingest.boxes import box_remarks, box_rows
from mien.ingest.clips import Clips, require_whole_clips
from mien.ingest.counts import counts, sentence
from mien.ingest.facts import add_facts, read_facts
from mien.ingest.label import add_labels
from mien.ingest.metadata import add_metadata, read_metadata
from mien.ingest.part import add_parts
from mien.ingest.reading import read_source
from mien.ingest.remarks import label_remarks, lfs_remarks, path_remarks
from mien.ingest.sources.place import source_place
from mien.ingest.subject import add_subjects
from mien.ingest.votes import add_votes, read_votes
from mien.store.clips import clips_of
from mien.store.tables import BOXES, FILES, write_table

OTHER_SPLIT = "not in the official test split"
"""why `ingest_source` ignores a file that `use` leaves out"""


@dataclass(frozen=True)
class Ingested:
    """The counts of a source as JSON values, and the lines to print."""

    counts: dict[str, Any]
    lines: list[str]


def ingest_source(params: IngestParams, known: Spellings, folder: Path, *, use: Literal["all", "test"] = "all") -> Ingested:
    """Reads every file of a source once.

    Writes a row per file to files.parquet in `folder`, the faces that a data set marks to boxes.parquet, and the contents to the shards
    there.

    `known` are the spellings of the classes. With `use: test`, images outside the source's official test split are ignored, and their
    contents are not written. Raises SourceError if there is nothing to read.
    """
    metadata_path = Path(params.metadata)
    metadata = read_metadata(metadata_path if params.metadata else None)
    votes = read_votes(Path(params.votes) if params.votes else None)
    with BlobSpool(folder / "spool") as spool:
        read = read_source(
            source_place(params.source),
            spool,
            known,
            max_bytes=params.max_file_mb * 2**20,
            skip=params.skip,
            layout=params.layout,
            video_fps=params.video_fps,
        )
        rows = read.rows
        facts = read_facts(params.layout, rows, read.labels)
        unmatched = add_metadata(rows, metadata, path=metadata_path)
        add_facts(rows, facts.by_path, known)
        unlabelled = add_labels(rows, params.label, metadata.labels)
        unnamed = add_subjects(rows, params.subject, facts.by_path)
        add_parts(rows, params.part, metadata.parts)
        voted = add_votes(rows, votes, read.vote_tables)
        clip = clips_of(pd.DataFrame({"metadata": [row["metadata"] for row in rows]}, dtype=object))["clip"].tolist()
        require_whole_clips(rows, clip, known)
        clips = Clips.of(rows, clip, metadata.clips)
        if use == "test":
            _ignore_other_splits(rows)
        spool.keep_only({row["sample_id"] for row in rows})
        boxes = box_rows(sorted(rows, key=lambda row: row["path"]), facts.by_path, spool.content)
        num_contents = len(spool)
        spool.write_store(folder)
    rows.sort(key=lambda row: row["path"])
    write_table(folder / paths.FILES.name, pa.Table.from_pylist(rows, FILES), FILES)
    write_table(folder / paths.BOXES.name, pa.Table.from_pylist(boxes, BOXES), BOXES)
    found = counts(rows, num_contents=num_contents, num_unmatched=len(unmatched), by_pattern=bool(params.subject or params.layout))
    remarks = path_remarks(unmatched, unnamed, metadata=metadata_path, num_images=found["images"])
    lines = [
        f"ingest: {sentence(found, rows)}",
        *remarks,
        *clips.remarks(),
        *(f"ingest: {told}" for told in voted),
        *(f"warning: {told}" for told in facts.remarks),
        *box_remarks(len(boxes), [row for row in rows if row["sample_id"] is not None], facts.by_path),
        *lfs_remarks(read.num_pointers),
        *label_remarks(rows, known, unlabelled),
    ]
    return Ingested(found | clips.counts, lines)


def _ignore_other_splits(rows: list[dict[str, Any]]) -> None:
    """Marks the images outside the official test split as ignored, in place."""
    images = [row for row in rows if row["sample_id"] is not None]
    if not any(row["subset_raw"] == "test" for row in images):
        raise SourceError(
            "ingest.use: test needs the set's own test split, but no image lies in a folder `test` (or has such a Usage); check "
            "ingest.source, or set ingest.use: all"
        )
    for row in images:
        if row["subset_raw"] != "test":
            row |= {"sample_id": None, "ignored": OTHER_SPLIT}
