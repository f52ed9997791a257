"""CSV files that are safe to open in a spreadsheet, which evaluates a cell that begins with = + - or @ as a formula.

Such a cell is written with a leading apostrophe, which spreadsheets treat as the mark of text; `original` removes it again. Numbers are not
changed. Source: OWASP, CSV Injection. Files that DVC plots are not guarded, because DVC reads the apostrophe as part of the text; they
contain only numbers and the classes of params.yaml.
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
    """The text as a cell that no spreadsheet evaluates; numbers and text that begins with any other character are unchanged."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def original(cell: str) -> str:
    """The text from which `guarded` made the cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write_csv(path: Path, table: pd.DataFrame, *, float_format: str | None = None) -> None:
    """Writes a table; headings and texts are guarded, on one line, and without control characters. The bytes are deterministic."""
    with replacing_file(path) as temporary:
        _changed(table, lambda text: guarded(one_line(text))).to_csv(temporary, index=False, float_format=float_format, lineterminator="\n")


def write_plot(path: Path, table: pd.DataFrame, *, float_format: str | None = None) -> None:
    """Writes a table that DVC plots; cells are not guarded, because DVC does not remove the apostrophe. The bytes are deterministic."""
    with replacing_file(path) as temporary:
        table.to_csv(temporary, index=False, float_format=float_format, lineterminator="\n")


def read_csv(path: Path, *, texts: tuple[str, ...] = ()) -> pd.DataFrame:
    """Reads a table that `write_csv` wrote. Only empty cells are missing values, because a folder or a person may be called NA.

    The columns `texts` are read as text, even if every cell looks like a number. Raises the errors of pandas.read_csv.
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
