"""Reads the CSV files that users write (ingest.metadata, ingest.votes, labels.corrections). Malformed CSV raises an error."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from mien.config.faults import short
from mien.core.errors import SourceError


def read_rows(path: Path, *, key: str, required: tuple[str, ...], empty: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The number and the values by column of each line; lines without any value are left out.

    `key` is the parameter that names the file; `empty` explains what to write into a file without entries. Raises SourceError if the file
    is missing or is not UTF-8, if its header lacks one of the `required` columns or contains a column twice, if a line has more or fewer
    values than the header, or if a quotation mark is never closed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"{key}: {path} does not exist; {empty}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{key}: {path} cannot be read as a UTF-8 text ({error}); save it as CSV in UTF-8") from None
    yield from rows_of_text(text, where=f"{key}: {path}", required=required)


def rows_of_text(text: str, *, where: str, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """As `read_rows`, for the content of a file; `where` names it in errors."""
    lines = csv.reader(io.StringIO(text), strict=True)  # otherwise a quotation mark that is never closed would swallow all following lines
    try:
        header = [name.strip() for name in next(lines, [])]
        if not set(required) <= set(header) or len(set(header)) != len(header):
            named = f", among them {' and '.join(f'`{name}`' for name in required)}" if required else ""
            raise SourceError(
                f"{where} must begin with a header of different column names, separated by commas{named}; it begins with "
                f"{short(','.join(header))}"
            )
        for row in lines:
            if not any(row):
                continue
            if len(row) != len(header):
                raise SourceError(f"{where}, line {lines.line_num} has {len(row)} values for {len(header)} columns; correct it")
            yield lines.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise SourceError(f"{where} is not valid CSV ({error}, by line {lines.line_num}); look for an unmatched quotation mark") from None
