"""Reads every file of the source once, makes its row of FILES, and adds the contents of images to the spool."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mien.config.spelling import Spellings
from mien.core.errors import SourceError
from mien.ingest.blobs import BlobSpool
from mien.ingest.counts import why_none
from mien.ingest.layout import label_of, subset_of, unique_paths
from mien.ingest.layouts import load_layout
from mien.ingest.looking import entries_of, labels_in
from mien.ingest.remarks import refuse_pointers
from mien.ingest.sources.entry import read_entry, set_aside
from mien.ingest.sources.video import Videos
from mien.ingest.votes import VoteTable, ferplus_votes, is_ferplus
from mien.store.pointers import LFS, stands_in


@dataclass(frozen=True)
class Source:
    """What a source holds."""

    rows: list[dict[str, Any]]
    """rows of files, without metadata, subject, part and votes; with `video` and `frame`, None for what is no frame of a video"""
    num_pointers: int
    """the number of files that are Git LFS pointers"""
    vote_tables: dict[str, VoteTable]
    """FERPlus's tables of votes, by the folder that they are for (with a slash at its end, or empty)"""
    labels: dict[str, Any]
    """what the layout made of the files that hold labels, by path"""


def read_source(
    source: Path, spool: BlobSpool, known: Spellings, *, max_bytes: int, skip: str = "", layout: str = "", video_fps: float = 0.0
) -> Source:
    """Reads the source; `known` contains the spellings of labels, `skip`, `layout` and `video_fps` are the parameters of these names.

    Raises SourceError if no file is an image, if all images are pointers, or if a table of votes or labels is broken.
    """
    rows: list[dict[str, Any]] = []
    num_pointers = 0
    tables: dict[str, VoteTable] = {}
    labels: dict[str, Any] = {}
    unique, unique_video = unique_paths(), unique_paths()
    videos: dict[str, str] = {}
    of_set = load_layout(layout) if layout else None
    for entry in tqdm(entries_of(source, skip=skip, videos=Videos(video_fps, max_bytes)), desc="ingest", unit="file"):
        if is_ferplus(entry.path) and not set_aside(entry):
            with entry.open() as table:
                tables[entry.path.removesuffix(entry.path.rpartition("/")[2])] = ferplus_votes(table.read(), path=entry.path)
        if (found := labels_in(entry, of_set)) is not None:
            labels[entry.path] = found
        file = read_entry(entry, max_bytes=max_bytes)
        num_pointers += file.content is not None and stands_in(file.content) == LFS
        place = entry.clip or file.path
        if entry.clip is not None and entry.frame == 0:  # a tar may hold two videos of one name
            videos[entry.clip] = unique_video(entry.clip)
        rows.append(
            {
                "path": unique(file.path),
                "sample_id": None if file.content is None else spool.add(file.content),
                "label_raw": label_of(place, known),
                "subset_raw": subset_of(place, known),
                "size_bytes": file.size_bytes,
                "ignored": file.ignored,
                "error": file.error,
                "video": None if entry.clip is None else videos[entry.clip],
                "frame": entry.frame,
            }
        )
    if not len(spool):
        raise SourceError(f"ingest.source: {source} holds no image among {len(rows)} files ({why_none(rows)}")
    refuse_pointers(source, num_pointers, num_images=sum(row["sample_id"] is not None for row in rows))
    return Source(rows, num_pointers, tables, labels)
