"""A folder as a source, including all folders below it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from mien.ingest.sources.entry import Entry
from mien.ingest.sources.walk import walk


def folder_entries(source: Path) -> Iterator[Entry]:
    """Every file below `source` (see `walk`). Raises SourceError if the folder cannot be listed."""
    for found in walk(source):
        yield Entry(found.path, partial(_opened, found.place), found.size_bytes, found.ignored, found.error, found.place)


def _opened(place: Path) -> IO[bytes]:
    return place.open("rb")
