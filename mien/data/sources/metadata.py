"""The optional table of what is known about each file: whose face it shows, and anything else worth keeping."""

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import SourceError


@dataclass(frozen=True)
class Metadata:
    """By path (folded, see `_key`): the subject, and the further columns as one JSON object."""

    subjects: dict[str, str | None]
    others: dict[str, str | None]


def read_metadata(path: Path) -> Metadata:
    """The table at ingest.metadata. Raises SourceError if it is missing, has no column `path`, or names a file twice."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError(
            f"ingest.metadata: {path} does not exist; without metadata, make it a file with the one line path,subject"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"ingest.metadata: {path} cannot be read as a UTF-8 text ({error}); save it as CSV in UTF-8") from None
    lines = _lines(text, path=path)
    header = [name.strip() for name in next(lines, (0, []))[1]]
    if "path" not in header or len(set(header)) != len(header):
        raise SourceError(
            f"ingest.metadata: {path} must begin with a header of different column names, separated by commas, one of them `path`; "
            f"it begins with {','.join(header)!r}"
        )
    subjects: dict[str, str | None] = {}
    others: dict[str, str | None] = {}
    for number, row in lines:
        if not any(row):
            continue
        if len(row) != len(header):
            raise SourceError(f"ingest.metadata: {path}, line {number} has {len(row)} values for {len(header)} columns; correct it")
        values = {name: value.strip() or None for name, value in zip(header, row, strict=True)}
        key = _key(values.pop("path") or "")
        if key in subjects:
            raise SourceError(f"ingest.metadata: {path}, line {number} names {key} a second time; keep one line per file")
        subjects[key] = values.pop("subject", None)
        others[key] = json.dumps(values, ensure_ascii=False) if values else None
    return Metadata(subjects, others)


def _lines(text: str, *, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The values of each line, with the line's number."""
    lines = csv.reader(io.StringIO(text), strict=True)  # else a quotation mark that is never closed swallows all lines below it
    try:
        for row in lines:
            yield lines.line_num, row
    except csv.Error as error:
        raise SourceError(
            f"ingest.metadata: {path} is no CSV ({error}, by line {lines.line_num}); look for a single quotation mark"
        ) from None


def add_metadata(rows: list[dict[str, Any]], metadata: Metadata, *, path: Path) -> list[str]:
    """Fills `subject` and `metadata` of the rows of files, in place; returns the table's paths that no file has.

    A few such paths are a matter for a warning (files get deleted). If no path at all has a file, the whole table is off, and
    subjects would silently be parted between the splits: SourceError.
    """
    keys = [_key(row["path"]) for row in rows]
    for key, row in zip(keys, rows, strict=True):
        row["subject"], row["metadata"] = metadata.subjects.get(key), metadata.others.get(key)
    unmatched = sorted(set(metadata.subjects) - set(keys))
    if unmatched and len(unmatched) == len(metadata.subjects):
        raise SourceError(
            f"ingest.metadata: no path in {path} is a file of the source: it has {unmatched[0]!r}, the source has {min(keys)!r}; "
            "write paths relative to the source, with /"
        )
    return unmatched


def _key(path: str) -> str:
    """Spreadsheets and file systems differ in how they compose accents and write separators; that must not part a file from its row."""
    return unicodedata.normalize("NFC", path.replace("\\", "/")).removeprefix("./").strip("/")
