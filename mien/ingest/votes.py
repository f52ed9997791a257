"""Votes: how many people gave an image each label, as in FERPlus (Barsoum et al. 2016, arXiv:1608.01041), with ten people per image.

The votes come from the CSV at ingest.votes, or from FERPlus's own file fer2013new.csv if the source contains it. Each of its lines names
an image by its path or file name; in front of FER2013's pixel table, whose rows have no names, its lines are those of the table, in order.
`sanitise` makes labels of the votes (mien/sanitise/votes.py).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.config.faults import short
from mien.config.user_csv import read_rows, rows_of_text
from mien.core.errors import SourceError
from mien.core.plural import plural
from mien.core.printable import one_line
from mien.ingest.layout import path_key

FERPLUS_FILE = "fer2013new.csv"
_FERPLUS_NAME = "Image name"
_EMPTY = "without votes, make it a file with the one line path"


@dataclass(frozen=True)
class VoteTable:
    """The lines of a table of votes: the image that each names (empty if none), and the votes by label as spelt in the header."""

    names: Sequence[str]
    votes: Sequence[Mapping[str, int]]
    where: str
    """the file, for messages, with the key that names it if there is one"""


def read_votes(path: Path | None) -> VoteTable:
    """The table at ingest.votes, without lines if there is no path.

    Raises SourceError if it is missing, is not CSV, or lacks a column `path` or any votes.
    """
    if path is None:
        return VoteTable([], [], "ingest.votes")
    return _table(read_rows(path, key="ingest.votes", required=(), empty=_EMPTY), where=f"ingest.votes: {path}")


def ferplus_votes(content: bytes, *, path: str) -> VoteTable:
    """The table in a file fer2013new.csv of the source. Raises SourceError as `read_votes` does."""
    where = f"ingest.source: {one_line(path)}"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{where} cannot be read as a UTF-8 text ({error}); copy or download it again") from None
    return _table(rows_of_text(text, where=where, required=()), where=where)


def is_ferplus(path: str) -> bool:
    """Returns whether a file of the source is FERPlus's table of votes, by its name."""
    return path.rpartition("/")[2].lower() == FERPLUS_FILE


def add_votes(rows: list[dict[str, Any]], listed: VoteTable, found: Mapping[str, VoteTable]) -> list[str]:
    """Fills `votes` of the rows of files, in place, and returns lines to print.

    `listed` is the table at ingest.votes, which has precedence; `found` are the tables in the source, by their folder. If a table is for
    an image's folder but does not name the image, its `votes` are empty: it has no label. Images that no table is for have None.
    Raises SourceError if a table names none of the images it is for.
    """
    for row in rows:
        row["votes"] = None
    if listed.names:
        return [_attach(rows, listed)]
    return [_attach([row for row in rows if row["path"].startswith(folder)], table) for folder, table in sorted(found.items())]


def _attach(rows: list[dict[str, Any]], table: VoteTable) -> str:
    files = {row["path"]: row for row in rows if row["ignored"] is None}
    voted = _by_name(files, table) or _by_order(files, table)
    for path, row in files.items():
        row["votes"] = json.dumps({label: num for label, num in voted.get(path, {}).items() if num}, ensure_ascii=False)
    return f"{len(voted)} of {plural(len(files), 'image')} have votes in {table.where.partition(': ')[2]}"


def _by_name(files: Mapping[str, Any], table: VoteTable) -> dict[str, Mapping[str, int]]:
    """The votes by path, where a line names the image by its path within the source or by its file name alone."""
    votes: dict[str, Mapping[str, int]] = {}
    for name, its in zip(table.names, table.votes, strict=True):
        if name and votes.setdefault(name, its) is not its:
            raise SourceError(f"{table.where} names {one_line(name)} a second time; keep one line per image")
    keys = {path: path_key(path) for path in files}
    found = {path: votes.get(key) or votes.get(key.rpartition("/")[2]) for path, key in keys.items()}
    return {path: its for path, its in found.items() if its is not None}


def _by_order(files: Mapping[str, Any], table: VoteTable) -> dict[str, Mapping[str, int]]:
    """The votes by path for the rows of a pixel table, whose files are numbered from 0 (see sources/pixel_csv.py)."""
    numbered = {path.rpartition("/")[2].partition(".")[0]: path for path in files}
    if not files or not all(number.isdecimal() for number in numbered) or len(numbered) < len(files):
        named, there = next((name for name in table.names if name), "no image"), min(files, default="no image")
        raise SourceError(
            f"{table.where} names no image of the source: the table has {short(named)}, the source has {short(there)}; name images by "
            "their path within the source, with / as separator, or by their file name"
        )
    num_rows = max(map(int, numbered)) + 1
    if num_rows != len(table.names):
        raise SourceError(
            f"{table.where} has {plural(len(table.names), 'line')}, but the pixel table of the source has {plural(num_rows, 'row')}; "
            "take both files from one release, because they are joined line by line"
        )
    return {path: table.votes[int(number)] for number, path in numbered.items()}


def _table(lines: Iterator[tuple[int, dict[str, str]]], *, where: str) -> VoteTable:
    read = [values for _, values in lines]
    if not read:
        return VoteTable([], [], where)
    key = next((name for name in ("path", _FERPLUS_NAME) if name in read[0]), None)
    if key is None:
        raise SourceError(f"{where} must have a column path (or {_FERPLUS_NAME}), it has {short(','.join(read[0]))}; add it to the header")
    columns = [name for name in read[0] if name != key and all(_is_count(values[name]) for values in read)]
    if not columns:
        raise SourceError(f"{where} has no column of votes: in such a column, every value is a whole number from 0 on")
    votes = [{name: int(values[name] or 0) for name in columns} for values in read]
    return VoteTable([path_key(values[key]) for values in read], votes, where)


def _is_count(text: str) -> bool:
    return text.strip().isdecimal() or not text.strip()
