"""Finds ingest.source on this machine: expands ~ and variables, and also finds the source from within a copy of the repository."""

import os
import subprocess
import sys
from pathlib import Path

from mien.core import paths
from mien.core.errors import SourceError


def source_place(source: str) -> Path:
    """The path of ingest.source on this machine. It may not exist, which `kind_of` checks.

    `~` and `$NAME` are expanded as in a shell. A relative path is relative to the folder in which the stage runs. `dvc exp run --temp`
    and queued experiments run in a copy of the repository that contains only the files in Git: a source tracked by `dvc add` is
    checked out there, and an untracked source is read from the main repository. Raises SourceError if a variable is not set, or if
    the source would contain the pipeline's own outputs.
    """
    # A folder may really be called `$HOME`, so the path as written is preferred to the expanded one.
    written = Path(source).expanduser()
    expanded = written if os.path.lexists(written) else Path(os.path.expandvars(source)).expanduser()
    if "$" in str(expanded) and not expanded.exists():
        raise SourceError(f"ingest.source: {source} contains a variable that is not set; write the path itself in params.yaml")
    place = expanded
    if not os.path.lexists(place) and not place.is_absolute():
        place = _restored(place)
    if place.is_dir() and (Path.cwd() / paths.DATA).resolve().is_relative_to(place.resolve()):
        raise SourceError(
            f"ingest.source: {source} contains {paths.DATA}/, to which the pipeline itself writes; "
            "put the photographs into a separate folder, such as data/incoming"
        )
    return place


def dvc_file(source: Path) -> Path | None:
    """The .dvc file that tracks `source` or a folder that contains it; None if there is none here."""
    for tracked in (source, *source.parents):
        if tracked.name and (file := tracked.with_name(f"{tracked.name}.dvc")).is_file():
            return file
    return None


def _restored(place: Path) -> Path:
    """Checks `place` out from DVC's cache if DVC tracks it, else finds it in the main repository; returns `place` if it is in neither."""
    if tracked := dvc_file(place):
        command = [sys.executable, "-m", "dvc", "checkout", "--quiet", str(tracked)]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            raise SourceError(f"ingest.source: {place} is neither here nor in DVC's cache; fetch it with `dvc pull {tracked}`")
        return place
    elsewhere = paths.workspace() / place
    if not elsewhere.exists():
        return place
    if tracked := dvc_file(elsewhere):
        print(
            f"warning: {place} is read from the main repository; run `git add {tracked}` so that the commit records its version",
            file=sys.stderr,
        )
    return elsewhere
