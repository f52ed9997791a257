"""CSV files that people open in a spreadsheet, which runs a cell that begins with = + - or @ as a formula.

Such a cell is written with an apostrophe before it, which spreadsheets take as the sign of a text; `original` takes it away again. Numbers
stay numbers. Source: OWASP, CSV Injection. The files that DVC plots are not guarded, because DVC reads them as they are; they hold numbers
and the classes of params.yaml.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mien.core.files import replacing_file
from mien.core.printable import one_line

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # the last four are = + - @ in full width
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet runs; what is a number, or begins with no such character, stays as it is."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def original(cell: str) -> str:
    """The text that `guarded` made the cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write_csv(path: Path, table: pd.DataFrame, *, float_format: str | None = None) -> None:
    """Writes a table whose headings and texts are guarded and in one line, without control characters. The same table, the same bytes."""
    with replacing_file(path) as temporary:
        _changed(table, lambda text: guarded(one_line(text))).to_csv(temporary, index=False, float_format=float_format, lineterminator="\n")


def write_plot(path: Path, table: pd.DataFrame, *, float_format: str | None = None) -> None:
    """Writes a table for DVC to plot: as it is, because DVC reads guarded cells as they are written. The same table, the same bytes."""
    with replacing_file(path) as temporary:
        table.to_csv(temporary, index=False, float_format=float_format, lineterminator="\n")


def read_csv(path: Path, *, texts: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table that `write_csv` wrote; only empty cells are missing, because a folder or a person may be called NA.

    The columns `texts` are text, even where every cell looks like a number. Raises as pandas does.
    """
    return _changed(pd.read_csv(path, dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=[""]), original)


def _changed(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """The table with every heading and every text changed."""
    changed = {
        number: column
        if pd.api.types.is_numeric_dtype(column)
        else column.map(lambda value: change(value) if isinstance(value, str) else value)
        for number, (_, column) in enumerate(table.items())
    }
    return pd.DataFrame(changed, index=table.index).set_axis([change(str(name)) for name in table.columns], axis=1)
