"""Where ingest.source lies: as it is written, with ~ and variables filled in, or, in a copy of the repository, where that copy lacks it."""

import os
import subprocess
import sys
from pathlib import Path

from mien.core import paths
from mien.core.errors import SourceError


def source_place(source: str) -> Path:
    """The path of ingest.source on this machine; whether anything is there, `kind_of` says.

    `~` and `$NAME` stand for what the shell takes them for. A relative path is one of the folder that the stage runs in. `dvc exp run --temp`
    and queued experiments run in a copy of the repository, where Git's files are and others are not: what `dvc add` tracks is checked
    out there, and what nobody tracks is read in the main repository. Raises SourceError for a variable that is not set, and
    where the source would contain what the pipeline itself writes.
    """
    # A folder may be called `$HOME`: the name as it is written goes before what the variable stands for.
    written = Path(source).expanduser()
    expanded = written if os.path.lexists(written) else Path(os.path.expandvars(source)).expanduser()
    if "$" in str(expanded) and not expanded.exists():
        raise SourceError(f"ingest.source: {source} names a variable that is not set; write the path itself in params.yaml")
    place = expanded
    if not os.path.lexists(place) and not place.is_absolute():
        place = _restored(place)
    if place.is_dir() and (Path.cwd() / paths.DATA).resolve().is_relative_to(place.resolve()):
        raise SourceError(
            f"ingest.source: {source} contains {paths.DATA}/, which the pipeline itself writes; "
            "put the photographs into a folder of their own, such as data/incoming"
        )
    return place


def dvc_file(source: Path) -> Path | None:
    """The file of `dvc add` that tracks `source` or a folder that holds it, None if there is none here."""
    for tracked in (source, *source.parents):
        if tracked.name and (file := tracked.with_name(f"{tracked.name}.dvc")).is_file():
            return file
    return None


def _restored(place: Path) -> Path:
    """`place` after its checkout from DVC's cache, else in the main repository; `place` itself if it is in neither."""
    if tracked := dvc_file(place):
        command = [sys.executable, "-m", "dvc", "checkout", "--quiet", str(tracked)]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            raise SourceError(f"ingest.source: {place} is not here, and DVC's cache does not have it; fetch it with `dvc pull {tracked}`")
        return place
    elsewhere = paths.workspace() / place
    if not elsewhere.exists():
        return place
    if tracked := dvc_file(elsewhere):
        print(
            f"warning: {place} is read where it lies in the main repository; `git add {tracked}` lets the commit say what it is",
            file=sys.stderr,
        )
    return elsewhere
