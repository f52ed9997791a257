"""Tables in Markdown that can be read as plain text too."""

from collections.abc import Iterable, Sequence


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, num_left: int = 1) -> list[str]:
    """The lines of a table whose columns are aligned: the first `num_left` to the left, the others, which hold numbers, to the right."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width if number < num_left else "-" * (width - 1) + ":" for number, width in enumerate(widths)]
    return ["| " + " | ".join(_padded(cells, widths, num_left)) + " |" for cells in (lines[0], rule, *lines[1:])]


def _padded(cells: Sequence[str], widths: Sequence[int], num_left: int) -> Iterable[str]:
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        yield cell.ljust(width) if number < num_left else cell.rjust(width)
