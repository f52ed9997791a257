"""Markdown: text from elsewhere escaped, tables that can be read as plain text too; and tables in bare columns."""

import re
from collections.abc import Container, Iterable, Sequence
from typing import Any

from mien.core.printable import printable

_BREAKS = re.compile(r"[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]+")
_SPECIAL = re.compile(r"[\\`*\[\]{}|~$]|(?<=\])\(|(?<![^\W_])_|_(?![^\W_])")  # an underscore within a word emphasises nothing
_BLOCK = re.compile(r"^(?=(?:[-+=]+|#{1,6})(?:\s|$))|^(\d{1,9})(?=[.)](?:\s|$))")  # lists, headings and rules


class Markdown(str):
    """Text that is Markdown already: `escaped` leaves it as it is."""


def escaped(text: Any) -> Markdown:
    """Text as Markdown that shows it and does nothing: no HTML, link, emphasis, formula, line or cell of its own.

    Source: CommonMark 0.31, sections 2.4 (backslash escapes), 2.5 (entities) and 6; GitHub Flavored Markdown for tables, ~ and bare links.
    """
    if isinstance(text, Markdown):
        return text
    plain = printable(_BREAKS.sub(" ", str(text)))
    plain = _BLOCK.sub(r"\1" "\\\\", _SPECIAL.sub(r"\\\g<0>", plain.replace("&", "&amp;")))
    plain = re.sub(r"<(?!\s)", "&lt;", re.sub(r"(?<!\s)>", "&gt;", plain))  # beside a space neither begins or ends a tag
    return Markdown(plain.replace("://", r":\//").replace("www.", r"www\."))


def code(text: Any) -> Markdown:
    """The text as code, if it has only characters that need no escaping there; else `escaped`."""
    return Markdown(f"`{text}`") if re.fullmatch(r"[\w./+:@(),-]+(?: [\w./+:@(),-]+)*", str(text), re.ASCII) else escaped(text)


def cell(text: Any) -> str:
    """Text, escaped, or Markdown for one cell of a table, without needless spaces."""
    return " ".join(escaped(text).split())


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, num_left: int = 1) -> list[str]:
    """The lines of a table whose columns are aligned: the first `num_left` to the left, the others, which hold numbers, to the right."""
    numbers = range(num_left, len(headings))
    lines = _padded([headings, ["---"] * len(headings), *rows], right=numbers)
    lines[1] = ["-" * (len(cell) - 1) + ":" if column in numbers else "-" * len(cell) for column, cell in enumerate(lines[1])]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def plain_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Container[int] = ()) -> str:
    """The table in columns two spaces apart, those of the numbers `right` to the right."""
    return "\n".join("  ".join(cells).rstrip() for cells in _padded([headings, *rows], right=right))


def _padded(lines: Sequence[Sequence[str]], *, right: Container[int]) -> list[list[str]]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        [cell.rjust(width) if column in right else cell.ljust(width) for column, (cell, width) in enumerate(zip(line, widths, strict=True))]
        for line in lines
    ]
