"""Warnings of `ingest` about the labels it found, about paths that match nothing, and about pointers in place of photographs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mien.config.spelling import Spellings
from mien.core.errors import SourceError
from mien.core.plural import noun_of, plural
from mien.core.printable import one_line
from mien.ingest.layout import label_of, naming_path
from mien.ingest.unlabelled import no_label
from mien.store.pointers import LFS, PULL


def refuse_pointers(source: Path, num_pointers: int, *, num_images: int) -> None:
    """Raises SourceError if all files that should be images are Git LFS pointers."""
    if num_pointers and num_pointers == num_images:
        raise SourceError(
            f"ingest.source: {source} holds no photograph: all {num_images} images are {LFS}s, which are short text files in place of the "
            f"photographs; {PULL}"
        )


def path_remarks(unmatched: Sequence[str], unnamed: Sequence[str], *, metadata: Path, num_images: int) -> Iterator[str]:
    """Warns about paths of the metadata that match no file (`unmatched`), and about images for which no subject was found (`unnamed`)."""
    if unmatched:
        yield f"warning: {len(unmatched)} paths of {metadata} match no file of the source, such as {one_line(unmatched[0])}"
    if unnamed:
        yield (
            f"warning: {len(unnamed)} of {num_images} images have no subject by ingest.subject or ingest.metadata, "
            f"such as {one_line(unnamed[0])}"
        )


def lfs_remarks(num_pointers: int) -> Iterator[str]:
    """Warns if some of the images are pointers, which `convert` rejects."""
    if num_pointers:
        pointers = noun_of(num_pointers, f"is a {LFS}", f"are {LFS}s")
        yield f"warning: {plural(num_pointers, 'image')} {pointers} and no {noun_of(num_pointers, 'photograph')}; {PULL}"


def label_remarks(rows: Sequence[dict[str, Any]], known: Spellings, unlabelled: Sequence[str]) -> Iterator[str]:
    """Remarks on the labels of the rows of files. `unlabelled` are the images without a label by ingest.label and ingest.metadata."""
    images = [row for row in rows if row["sample_id"] is not None]
    if unlabelled:
        yield (
            f"warning: {len(unlabelled)} of {len(images)} images have no label by ingest.label or ingest.metadata and keep the label of "
            f"their folder, such as {unlabelled[0]}"
        )
    outer = sorted(row["path"] for row in images if _is_outer(row, known))
    if outer:
        yield f"ingest: {len(outer)} images have the label of a folder that is not the innermost one, such as {outer[0]}"
    if images and not any(row["votes"] or known.class_of(row["label_raw"]) for row in images):
        yield f"warning: {no_label([row['label_raw'] for row in images], [row['path'] for row in images], known)}"


def _is_outer(row: dict[str, Any], known: Spellings) -> bool:
    """Whether the label comes from a class's folder that is not the innermost folder which could have been the label."""
    return row["label_raw"] is not None and row["label_raw"] == label_of(naming_path(row), known) != label_of(naming_path(row))
