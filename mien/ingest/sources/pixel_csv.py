"""Tables whose rows are pictures, as FER2013's: columns emotion (a code or a word), pixels (grey levels of a square) and Usage; each row becomes a PNG.

Goodfellow et al., "Challenges in representation learning: a report on three machine learning contests", 2013, arXiv:1307.0414. Tables made after
it, such as CK+'s, have other codes and sizes, floats, words, brackets or semicolons.
"""

import csv
import gzip
import io
import math
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import IO, Any, cast

from PIL import Image

from mien.core.plural import plural
from mien.ingest.layout import shown_path
from mien.ingest.sources.entry import Entry, UnreadableArchive, UnreadableEntry
from mien.ingest.sources.notices import notice

# FER2013's seven, and what tables after it (CK+, FER+) give the code 7.
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
_COLUMNS = ("emotion", "pixels")
_OTHER_NAMES = {"label": "emotion", "expression": "emotion", "split": "usage", "subset": "usage", "pixel": "pixels"}
_HEADER_BYTES, _LARGEST_SIDE_PX = 4096, 1024
_MOST_PIXELS = _LARGEST_SIDE_PX**2
_MOST_CHARACTERS = 16 * _MOST_PIXELS  # of a line: who writes floats rarely takes more for one


def columns_of(file: IO[bytes]) -> set[str]:
    """The columns of a CSV whose header names emotion and pixels; none of another."""
    with _text(file) as text:
        line = text.readline(_HEADER_BYTES)
    columns = set(_header(next(csv.reader([line], delimiter=_delimiter(line)), [])))
    return columns if columns.issuperset(_COLUMNS) else set()


def pixel_csv_entries(file: IO[bytes], *, name: str) -> Iterator[Entry]:
    """A file per row, called USAGE/EMOTION/ROW.png (rows from 0). Raises UnreadableArchive if the table lacks a column.

    A code that is none of EMOTIONS stands in the path as `emotion CODE`; a notice says how many rows have which.
    """
    csv.field_size_limit(_MOST_CHARACTERS)
    lines = _lines(_text(file))
    first = next(lines, "")
    rows = csv.reader(lines, delimiter=_delimiter(first))
    header = _header(next(csv.reader([first], delimiter=_delimiter(first)), []))
    if missing := [column for column in _COLUMNS if column not in header]:
        test = "; a table without emotions is a test set without labels" if missing == ["emotion"] else ""
        raise UnreadableArchive(
            f"has no column {' and no column '.join(missing)}{test}; a table must have the columns emotion, pixels and Usage, as FER2013's"
        )
    unknown: Counter[str] = Counter()
    try:
        for index, row in enumerate(row for row in rows if row):
            yield _entry(index, dict(zip(header, (value.strip() for value in row), strict=False)), unknown)
    except csv.Error as error:
        raise UnreadableArchive(f"cannot be read as a table: line {rows.line_num + 1}: {error}") from None
    if unknown:
        codes = ", ".join(f"{code!r} ({plural(num, 'row')})" for code, num in sorted(unknown.items()))
        notice(f"{name} has codes of emotions that are not FER2013's: {codes}; name them in labels.aliases, such as happy: [emotion 8]")


def _text(file: IO[bytes]) -> IO[str]:
    """The table as text: unpacked, and in UTF-16 where spreadsheets wrote it so."""
    buffered: Any = io.BufferedReader(cast(io.RawIOBase, file))
    if buffered.peek(2)[:2] == b"\x1f\x8b":
        buffered = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=buffered)))
    encoding = "utf-16" if buffered.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return io.TextIOWrapper(buffered, encoding=encoding, errors="replace", newline="")


def _lines(text: IO[str]) -> Iterator[str]:
    """The lines of a table, of which none is held in memory that is longer than a row can be."""
    while line := text.readline(_MOST_CHARACTERS + 1):
        if len(line) > _MOST_CHARACTERS:
            raise UnreadableArchive(f"cannot be read as a table: a line has more than {_MOST_CHARACTERS} characters")
        yield line


def _header(row: list[str]) -> list[str]:
    """The names of the columns, those that other tables give to FER2013's among them."""
    return [_OTHER_NAMES.get(name, name) for name in (column.strip().lower() for column in row)]


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _entry(index: int, row: dict[str, str], unknown: Counter[str]) -> Entry:
    folders = [usage.replace("/", "_")] if (usage := row.get("usage", "")) else []
    label = _label(row.get("emotion", ""), unknown)
    error = None if label else "bad row: it has no emotion"
    path = shown_path("/".join([*folders, (label or "no emotion").replace("/", "_"), f"{index:06d}.png"]))
    return Entry(path, partial(_png, row.get("pixels", "")), error=error)


def _label(emotion: str, unknown: Counter[str]) -> str | None:
    """The word of a code, a word as it is, `emotion CODE` of a code that is not known; None where the cell is empty."""
    try:
        code = float(emotion)
    except ValueError:
        return emotion or None
    if code.is_integer() and 0 <= code < len(EMOTIONS):
        return EMOTIONS[int(code)]
    shown = f"{int(code)}" if code.is_integer() else emotion
    unknown[shown] += 1
    return f"emotion {shown}"


def _png(pixels: str) -> IO[bytes]:
    levels = _levels(pixels.strip("[]() ").replace(",", " "))
    side_px = math.isqrt(len(levels))
    if not levels or side_px**2 != len(levels):
        raise UnreadableEntry(f"bad row: must have as many pixels as a square, such as 2304 (48 x 48), has {len(levels)}")
    file = io.BytesIO()
    Image.frombytes("L", (side_px, side_px), levels).save(file, "PNG")
    file.seek(0)
    return file


def _levels(text: str) -> bytes:
    numbers = text.split(maxsplit=_MOST_PIXELS)
    if len(numbers) > _MOST_PIXELS:
        raise UnreadableEntry(f"bad row: must have at most {_LARGEST_SIDE_PX} x {_LARGEST_SIDE_PX} pixels")
    try:
        return bytes(map(int, numbers))
    except ValueError:
        pass
    try:
        values = list(map(float, numbers))
        # All of a picture lie within 0 to 1 only where these are the ends of its scale.
        scale = 255 if max(values, default=0) <= 1 and any(not value.is_integer() for value in values) else 1
        return bytes(round(value * scale) for value in values)
    except (ValueError, OverflowError):
        raise UnreadableEntry("bad row: pixels must be numbers from 0 to 255, or from 0 to 1") from None
