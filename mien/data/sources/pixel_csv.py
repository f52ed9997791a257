"""The FER2013 competition's table: columns emotion (0-6), pixels (48 × 48 grey levels) and Usage; each row becomes a PNG.

Goodfellow et al., "Challenges in representation learning: a report on three machine learning contests", 2013, arXiv:1307.0414.
"""

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from PIL import Image

from mien.data.sources.entry import Entry, UnreadableEntry
from mien.data.sources.layout import shown_path
from mien.errors import SourceError

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SIDE_PX = 48


def pixel_csv_entries(source: Path) -> Iterator[Entry]:
    """A file per row, called USAGE/EMOTION/ROW.png (rows from 0). Raises SourceError if the table lacks a column."""
    with source.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = csv.reader(file)
        try:
            header = [name.strip().lower() for name in next(rows, [])]
            if missing := [name for name in ("emotion", "pixels") if name not in header]:
                raise SourceError(
                    f"ingest.source: {source} has no column {' and no column '.join(missing)}; "
                    "a .csv source must be FER2013's table with the columns emotion, pixels and Usage"
                )
            for index, row in enumerate(row for row in rows if row):
                yield _entry(index, dict(zip(header, (value.strip() for value in row), strict=False)))
        except csv.Error as error:
            raise SourceError(f"ingest.source: {source}, line {rows.line_num}: {error}; is this FER2013's table?") from None


def _entry(index: int, row: dict[str, str]) -> Entry:
    emotion, usage = row.get("emotion", ""), row.get("usage", "")
    known = emotion in {str(code) for code in range(len(EMOTIONS))}
    folders = [usage.replace("/", "_")] if usage else []
    label = EMOTIONS[int(emotion)] if known else f"emotion {emotion}".replace("/", "_")
    error = None if known else f"bad row: emotion must be 0-{len(EMOTIONS) - 1}, is {emotion!r}"
    return Entry(shown_path("/".join([*folders, label, f"{index:06d}.png"])), partial(_png, row.get("pixels", "")), error=error)


def _png(pixels: str) -> IO[bytes]:
    try:
        levels = bytes(map(int, pixels.split()))
    except ValueError:
        raise UnreadableEntry("bad row: pixels must be whole numbers from 0 to 255") from None
    if len(levels) != SIDE_PX * SIDE_PX:
        raise UnreadableEntry(f"bad row: must have {SIDE_PX * SIDE_PX} pixels, has {len(levels)}")
    file = io.BytesIO()
    Image.frombytes("L", (SIDE_PX, SIDE_PX), levels).save(file, "PNG")
    file.seek(0)
    return file
