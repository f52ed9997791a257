"""Looks up the fate of a file, for `mien where`."""

from collections.abc import Hashable, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from mien.core.naming import file_names
from mien.core.printable import one_line


def matching(fates: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """The rows of a table of fates that match `wanted`.

    `wanted` is a path or its end, a file name with or without extension, a pattern, a sample_id, or the hashed name that shared files
    contain (naming.file_names). Patterns (* and ?) match whole paths or names. At least the first eight digits of a sample_id or hashed
    name are needed.
    """
    paths, ids = fates["path"].astype(str), fates["sample_id"].astype(str)
    found = (
        (paths == wanted) | paths.str.endswith("/" + wanted.removeprefix("/")) | paths.map(lambda path: _named(PurePosixPath(path), wanted))
    )
    if len(wanted) >= 8:
        found |= ids.str.startswith(wanted) | paths.map(file_names(fates, "hashed")).str.startswith(wanted)
    return fates[found]


def _named(path: PurePosixPath, wanted: str) -> bool:
    return path.stem == wanted or fnmatchcase(path.name, wanted) or fnmatchcase(str(path), wanted)


def sentence(row: Mapping[Hashable, Any], *, decision: str | None = None) -> str:
    """The fate of one file in words: 'Sad/IMG_2.jpg: rejected by convert: truncated (52 bytes short)'.

    `decision` is the decision in labels.corrections about its content.
    """
    by = f" by {row['stage']}" if row["stage"] else ""
    reason = f": {str(row['reason']).replace('_', ' ')}" if row["reason"] else ""
    detail = f" ({one_line(str(row['detail']))})" if row["detail"] else ""
    decided = f"; labels.corrections: {decision}" if decision else ""
    return f"{one_line(str(row['path']))}: {row['fate']}{by}{reason}{detail}{decided}"
