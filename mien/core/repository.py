"""Checks that the Git repository can store the results of experiments."""

import subprocess
from pathlib import Path

from mien.core.errors import StudyError


def is_shallow(root: Path) -> bool:
    """Whether the repository at `root` is a shallow clone; False if there is no repository."""
    asked = subprocess.run(["git", "-C", str(root), "rev-parse", "--is-shallow-repository"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() == "true"


def require_complete(root: Path) -> None:
    """Raises StudyError if the repository at `root` is a shallow clone, because Git cannot store results of temporary experiments there."""
    if is_shallow(root):
        raise StudyError(
            f"{root} is a shallow clone, in which Git cannot store the results of experiments; run `git fetch --unshallow` there, then try "
            "again"
        )
