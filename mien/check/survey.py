"""Surveys a source in seconds: reads every file's name and first bytes, and converts a few photographs as a trial."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mien.config.sections.convert import ConvertParams
from mien.config.sections.ingest import IngestParams
from mien.convert.conversion import convert_content
from mien.convert.decoding import Undecodable
from mien.ingest.layouts import Layout, load_layout
from mien.ingest.looking import entries_of, labels_in
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import Entry, error_reason, read_entry, set_aside
from mien.ingest.sources.junk import IMAGE_SUFFIXES, not_an_image_reason
from mien.store.pointers import LFS, stands_in
from mien.store.signatures import HEAD_BYTES, signature

HEADS_S = 8.0  # after this time, files are no longer opened, and their format is taken from their names
NUM_TRIED, TRIED_S = 48, 6.0
POINTER = f"{LFS}, no image"


@dataclass(frozen=True)
class Seen:
    """One file: either `kind` is the image's format, or `ignored` is why the file is left out, or `error` is why it cannot be read."""

    path: str
    size_bytes: int
    kind: str | None
    ignored: str | None = None
    error: str | None = None

    @property
    def is_image(self) -> bool:
        """Whether `ingest` would treat the file as an image, even if only because of its name."""
        return self.kind is not None


@dataclass
class Tried:
    """The images converted as a trial.

    `num` is their number; `seconds` and `sides_px` are the time and the width and height of each decoded image; `lost` contains the
    path and reason of each image that would be rejected.
    """

    num: int = 0
    seconds: list[float] = field(default_factory=list)
    sides_px: list[tuple[int, int]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)


def survey(source: Path, params: IngestParams) -> tuple[list[Seen], dict[str, Any]]:
    """Every file of the source, in its order, and what the layout makes of the files that hold labels, by path.

    Of all other files, at most the first bytes are read. Raises SourceError as `source_entries` and `labels_in` do.
    """
    labels: dict[str, Any] = {}
    layout = load_layout(params.layout) if params.layout else None
    seen = list(_seen(entries_of(source, skip=params.skip), layout, labels, until=time.monotonic() + HEADS_S))
    return seen, labels


def _seen(entries: Iterator[Entry], layout: Layout | None, labels: dict[str, Any], *, until: float) -> Iterator[Seen]:
    for entry in entries:
        size = entry.size_bytes or 0
        if (found := labels_in(entry, layout)) is not None:
            labels[entry.path] = found
        if aside := set_aside(entry):
            yield Seen(entry.path, size, None, aside.ignored, aside.error)
            continue
        try:
            kind = _by_name(entry.path) if time.monotonic() > until else _by_content(entry)
        except Exception as error:  # as in read_entry: decompressors raise more kinds of error than they document
            yield Seen(entry.path, size, None, error=error_reason(error))
            continue
        yield Seen(entry.path, size, kind, None if kind else not_an_image_reason(entry.path) or "not an image")


def _by_name(path: str) -> str | None:
    suffix = path.rpartition(".")[2].lower()
    return suffix.upper() if suffix in IMAGE_SUFFIXES else None


def _by_content(entry: Entry) -> str | None:
    with entry.open() as file:
        head = file.read(max(HEAD_BYTES, 256))
    kind = signature(head)
    if kind or not _by_name(entry.path):
        return kind
    return POINTER if stands_in(head) == LFS else "no image, by its content"


def tried(source: Path, seen: Sequence[Seen], params: ConvertParams, *, max_bytes: int) -> Tried:
    """Converts NUM_TRIED images, spread evenly over the source, or as many of them as possible within TRIED_S seconds."""
    images = [index for index, file in enumerate(seen) if file.is_image]
    chosen = {images[round(step * (len(images) - 1) / max(1, NUM_TRIED - 1))] for step in range(NUM_TRIED)} if images else set()
    result = Tried()
    started = time.monotonic()
    for index, entry in enumerate(source_entries(source)):
        if index not in chosen:
            continue
        if time.monotonic() - started > TRIED_S or index > max(chosen):
            break
        file = read_entry(entry, max_bytes=max_bytes)
        result.num += 1
        if file.content is None:
            result.lost.append((file.path, file.error or file.ignored or ""))
            continue
        began = time.perf_counter()
        try:
            row, _, unfit = convert_content(file.content, params)
        except Undecodable as error:
            result.lost.append((file.path, error.reason.replace("_", " ") + (f" ({error.detail})" if error.detail else "")))
            continue
        result.seconds.append(time.perf_counter() - began)
        result.sides_px.append((row["width_px"], row["height_px"]))
        if unfit:
            result.lost.append((file.path, f"{unfit[0].replace('_', ' ')} ({unfit[1]})"))
    return result
