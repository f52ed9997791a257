"""Whether Git and DVC know the source, and whether Git can keep what experiments find: said before anything runs."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mien.check.advice import Advice
from mien.core import paths
from mien.core.repository import is_shallow
from mien.ingest.sources.place import dvc_file


def surroundings(root: Path, source: str) -> Iterator[Advice]:
    """What to do about the repository at `root`, in which `source` lies by a relative path; nothing for a source elsewhere."""
    if is_shallow(root):
        yield Advice("this is a shallow clone, in which Git cannot store the results of experiments", "git fetch --unshallow")
    place = Path(source)
    if place.is_absolute() or source.startswith(("~", "$")) or place == paths.SAMPLE or _git(root, "rev-parse", "--git-dir") is None:
        return
    if _git(root, "ls-files", "--", source):
        return
    tracked = dvc_file(place)
    if tracked is None:
        yield Advice(
            f"{source} is in neither Git nor DVC, and an experiment could not be repeated elsewhere",
            f"dvc add {shlex.quote(source)} && git add {shlex.quote(f'{source.rstrip(chr(47))}.dvc')}",
        )
    elif not _git(root, "ls-files", "--", str(tracked)):
        yield Advice(f"DVC tracks {source}, and Git does not yet know it", f"git add {shlex.quote(str(tracked))}")


def _git(root: Path, *arguments: str) -> str | None:
    """What Git answers; None where it refuses, as outside a repository."""
    asked = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else None
