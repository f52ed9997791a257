"""Tables whose rows are images, as in FER2013. Each row becomes a PNG.

The columns are emotion (a code or a word), pixels (the grey levels of a square) and Usage. Source: Goodfellow et al., "Challenges in
representation learning: a report on three machine learning contests", 2013, arXiv:1307.0414. Later tables that follow this format,
such as that of CK+, have other codes and sizes, floats, words, brackets or semicolons.
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

# The seven emotions of FER2013, and the one to which later tables (CK+, FER+) give the code 7.
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
_COLUMNS = ("emotion", "pixels")
_OTHER_NAMES = {"label": "emotion", "expression": "emotion", "split": "usage", "subset": "usage", "pixel": "pixels"}
_HEADER_BYTES, _LARGEST_SIDE_PX = 4096, 1024
_MOST_PIXELS = _LARGEST_SIDE_PX**2
_MOST_CHARACTERS = 16 * _MOST_PIXELS  # of a line: a float rarely takes more than 16 characters


def columns_of(file: IO[bytes]) -> set[str]:
    """The columns of a CSV whose header contains emotion and pixels; an empty set for any other file."""
    with _text(file) as text:
        line = text.readline(_HEADER_BYTES)
    columns = set(_header(next(csv.reader([line], delimiter=_delimiter(line)), [])))
    return columns if columns.issuperset(_COLUMNS) else set()


def pixel_csv_entries(file: IO[bytes], *, name: str) -> Iterator[Entry]:
    """One file per row, named USAGE/EMOTION/ROW.png (rows from 0). Raises UnreadableArchive if the table lacks a column.

    A code outside EMOTIONS appears in the path as `emotion CODE`; a notice gives the number of rows with each such code.
    """
    csv.field_size_limit(_MOST_CHARACTERS)
    lines = _lines(_text(file))
    first = next(lines, "")
    rows = csv.reader(lines, delimiter=_delimiter(first))
    header = _header(next(csv.reader([first], delimiter=_delimiter(first)), []))
    if missing := [column for column in _COLUMNS if column not in header]:
        test = "; a table without this column is a test set without labels" if missing == ["emotion"] else ""
        raise UnreadableArchive(
            f"has no column {' and no column '.join(missing)}{test}; a table must have FER2013's columns emotion, pixels and Usage"
        )
    unknown: Counter[str] = Counter()
    try:
        for index, row in enumerate(row for row in rows if row):
            yield _entry(index, dict(zip(header, (value.strip() for value in row), strict=False)), unknown)
    except csv.Error as error:
        raise UnreadableArchive(f"cannot be read as a table: line {rows.line_num + 1}: {error}") from None
    if unknown:
        codes = ", ".join(f"{code!r} ({plural(num, 'row')})" for code, num in sorted(unknown.items()))
        notice(f"{name} has emotion codes that FER2013 does not have: {codes}; add them to labels.aliases, such as happy: [emotion 8]")


def _text(file: IO[bytes]) -> IO[str]:
    """The table as text: decompressed, and decoded as UTF-16 if it begins with that byte order mark, else as UTF-8."""
    buffered: Any = io.BufferedReader(cast(io.RawIOBase, file))
    if buffered.peek(2)[:2] == b"\x1f\x8b":
        buffered = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=buffered)))
    encoding = "utf-16" if buffered.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return io.TextIOWrapper(buffered, encoding=encoding, errors="replace", newline="")


def _lines(text: IO[str]) -> Iterator[str]:
    """The lines of a table. Raises UnreadableArchive for a line that is longer than a row can be, before it is read in full."""
    while line := text.readline(_MOST_CHARACTERS + 1):
        if len(line) > _MOST_CHARACTERS:
            raise UnreadableArchive(f"cannot be read as a table: a line has more than {_MOST_CHARACTERS} characters")
        yield line


def _header(row: list[str]) -> list[str]:
    """The names of the columns, with the names that other tables use replaced by those of FER2013."""
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
    """The label of a row: the word for a known code, a word unchanged, `emotion CODE` for an unknown code; None if the cell is empty."""
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
        # If all levels of an image are from 0 to 1 and some are fractions, its scale is 0 to 1.
        scale = 255 if max(values, default=0) <= 1 and any(not value.is_integer() for value in values) else 1
        return bytes(round(value * scale) for value in values)
    except (ValueError, OverflowError):
        raise UnreadableEntry("bad row: pixels must be numbers from 0 to 255, or from 0 to 1") from None
