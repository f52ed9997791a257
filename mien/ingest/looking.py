"""The files of a source as `ingest` and `mien check` go through them: without those of ingest.skip, with what the layout reads of each."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mien.core.errors import MienError, SourceError
from mien.core.printable import one_line
from mien.ingest.layout import path_key
from mien.ingest.layouts import Layout
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import Entry, error_reason, set_aside
from mien.ingest.sources.video import Videos

SKIPPED = "left out by ingest.skip"


def entries_of(source: Path, *, skip: str, videos: Videos | None = None) -> Iterator[Entry]:
    """Every file of the source (see source_entries); those in whose path the pattern `skip` is found are ignored with this reason."""
    pattern = re.compile(skip) if skip else None
    for entry in source_entries(source, videos=videos):
        yield replace(entry, ignored=SKIPPED) if pattern and not entry.ignored and pattern.search(path_key(entry.path)) else entry


def labels_in(entry: Entry, layout: Layout | None) -> Any:
    """What the layout makes of this file; None if it is not one that holds labels. Raises SourceError if it cannot be read."""
    parse = layout.parser(entry.path) if layout else None
    if parse is None or set_aside(entry):
        return None
    try:
        if entry.allowance:
            entry.allowance.take(entry.size_bytes or 0)
        with entry.open() as file:
            return parse(file, entry.path)
    except MienError:
        raise
    except Exception as error:  # as in read_entry: decompressors raise more kinds of error than they document
        raise SourceError(
            f"ingest.source: {one_line(entry.path)} cannot be read ({error_reason(error)}); copy or download it again"
        ) from None
