"""Files that params.yaml names and that DVC looks for before the stage that reads them could say a word about them."""

from pathlib import Path

from mien.core.errors import SourceError


def require_file(path: str, *, key: str, header: str) -> None:
    """Raises SourceError if there is no file at the `path` that the parameter `key` names; `header` is the line that an empty one holds."""
    if not Path(path).is_file():
        raise SourceError(f"{key}: {path} does not exist; correct the path, or make it a file with the one line {header}")
