"""Tables as text: in Markdown that can be read as plain text too, or in bare columns."""

from collections.abc import Container, Iterable, Sequence


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
