"""Escapes text for Markdown, and formats tables as aligned Markdown or as plain columns."""

import re
from collections.abc import Container, Iterable, Sequence
from typing import Any

from mien.core.printable import printable

_BREAKS = re.compile(r"[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]+")
_SPECIAL = re.compile(r"[\\`*\[\]{}|~$]|(?<=\])\(|(?<![^\W_])_|_(?![^\W_])")  # an underscore within a word is not emphasis
_BLOCK = re.compile(r"^(?=(?:[-+=]+|#{1,6})(?:\s|$))|^(\d{1,9})(?=[.)](?:\s|$))")  # lists, headings and rules


class Markdown(str):
    """Text that is already Markdown; `escaped` returns it unchanged."""


def escaped(text: Any) -> Markdown:
    """Text as Markdown that displays it literally: it cannot create HTML, links, emphasis, formulas, lines or table cells.

    Source: CommonMark 0.31, sections 2.4 (backslash escapes), 2.5 (entities) and 6; GitHub Flavored Markdown for tables, ~ and bare links.
    """
    if isinstance(text, Markdown):
        return text
    plain = printable(_BREAKS.sub(" ", str(text)))
    plain = _BLOCK.sub(r"\1" "\\\\", _SPECIAL.sub(r"\\\g<0>", plain.replace("&", "&amp;")))
    plain = re.sub(r"<(?!\s)", "&lt;", re.sub(r"(?<!\s)>", "&gt;", plain))  # < or > next to a space does not begin or end a tag
    return Markdown(plain.replace("://", r":\//").replace("www.", r"www\."))


def code(text: Any) -> Markdown:
    """The text as inline code if none of its characters needs escaping there, otherwise `escaped`."""
    return Markdown(f"`{text}`") if re.fullmatch(r"[\w./+:@(),-]+(?: [\w./+:@(),-]+)*", str(text), re.ASCII) else escaped(text)


def cell(text: Any) -> str:
    """Escaped text, or Markdown, for one table cell, with runs of spaces collapsed."""
    return " ".join(escaped(text).split())


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, num_left: int = 1) -> list[str]:
    """The lines of an aligned table: the first `num_left` columns are left-aligned, the others, which contain numbers, right-aligned."""
    numbers = range(num_left, len(headings))
    lines = _padded([headings, ["---"] * len(headings), *rows], right=numbers)
    lines[1] = ["-" * (len(cell) - 1) + ":" if column in numbers else "-" * len(cell) for column, cell in enumerate(lines[1])]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def plain_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Container[int] = ()) -> str:
    """The table as text, with columns two spaces apart; the columns with the indices `right` are right-aligned."""
    return "\n".join("  ".join(cells).rstrip() for cells in _padded([headings, *rows], right=right))


def _padded(lines: Sequence[Sequence[str]], *, right: Container[int]) -> list[list[str]]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        [cell.rjust(width) if column in right else cell.ljust(width) for column, (cell, width) in enumerate(zip(line, widths, strict=True))]
        for line in lines
    ]
