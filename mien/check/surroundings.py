"""Checks before any run whether Git and DVC track the source, and whether Git can store the results of experiments."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mien.check.commands import Advice
from mien.core import paths
from mien.core.repository import is_shallow
from mien.ingest.sources.place import dvc_file


def surroundings(root: Path, source: str) -> Iterator[Advice]:
    """The advice about the repository at `root`. The source is checked only if its path is relative to the repository."""
    if is_shallow(root):
        yield Advice(
            "this is a shallow clone, in which Git cannot store the results of experiments; fetch the whole history",
            "git fetch --unshallow",
        )
    place = Path(source)
    if place.is_absolute() or source.startswith(("~", "$")) or place == paths.SAMPLE or _git(root, "rev-parse", "--git-dir") is None:
        return
    if _git(root, "ls-files", "--", source):
        return
    tracked = dvc_file(place)
    if tracked is None:
        yield Advice(
            f"neither Git nor DVC tracks {source}, so an experiment could not be repeated elsewhere",
            f"dvc add {shlex.quote(source)} && git add {shlex.quote(f'{source.rstrip(chr(47))}.dvc')}",
        )
    elif not _git(root, "ls-files", "--", str(tracked)):
        yield Advice(f"DVC tracks {source}, but Git does not yet track its .dvc file", f"git add {shlex.quote(str(tracked))}")


def _git(root: Path, *arguments: str) -> str | None:
    """The output of a Git command; None if it fails, as it does outside a repository."""
    asked = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else None
