"""Checks the files that params.yaml names, because DVC's own error for a missing one comes before the stage that reads it can run."""

from pathlib import Path

from mien.core.errors import SourceError


def require_file(path: str, *, key: str, header: str) -> None:
    """Raises SourceError if the parameter `key` names a `path` without a file. `header` is the only line of a file without rows."""
    if not Path(path).is_file():
        raise SourceError(f"{key}: {path} does not exist; correct the path, or write a file with only the header {header}")
