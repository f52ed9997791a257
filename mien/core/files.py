"""Writes files atomically: under a temporary name first, then by a rename, so that no file is ever half-written."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mien.core.disk import refusal
from mien.core.leftovers import remove, sweep, temporary_beside


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`. On success it replaces `path`; on an error it is removed.

    Raises StorageError if it cannot be written. Temporary files that a killed process left are removed first.
    """
    with _temporary(path) as temporary:
        yield temporary
        temporary.replace(path)


@contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """Yields an empty temporary folder beside `path`. On success it replaces `path`; on an error it is removed.

    Raises StorageError if it cannot be written. Temporary folders that a killed process left are removed first.
    """
    with _temporary(path) as temporary:
        remove(temporary)
        temporary.mkdir()
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    temporary = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path)
        yield temporary
    except Exception as error:
        if told := refusal(error, temporary):
            raise told from error
        raise
    finally:
        remove(temporary)


def keep_only(folder: Path, kept: Iterable[Path]) -> None:
    """Removes all from a folder but the files and folders in `kept`."""
    for path in set(folder.iterdir()) - set(kept):
        remove(path)


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as indented JSON in the given order, so that the same value gives the same bytes. Raises ValueError for NaN."""
    with replacing_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """The value of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
