"""A hostile source through the stage `ingest` in a folder of its own, and what is wrong with what it leaves.

Law: a SourceError whose text is one line, which leaves no store; or rows, of which each is content, ignored or an error, and a store
that holds exactly the contents named. Nothing is left in the folder for temporary files, and nothing is written beside the source's folder.
"""

import contextlib
import io
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import LabelError, SourceError
from mien.core.printable import printable
from mien.sanitise.corrections import read_corrections
from mien.store.shards import read_store
from mien.store.tables import BLOBS, read_table
from mien.store.tables import FILES as FILES_SCHEMA

MAX_FILE_MB = 16
MAX_BYTES = int(2 * MAX_FILE_MB * 2**20 + 300e6)
_PARAMS = """
ingest: {{source: '{source}', max_file_mb: {max_file_mb}}}
models: {{m: {{backbone: test_resnet, weights: none, attention: none, head: dense, loss: cross_entropy}}}}
"""


@dataclass(frozen=True)
class Source:
    """`root` is a folder for this case alone; the source has `name` and `content`, beside tables that a person wrote."""

    root: Path
    name: str
    content: bytes
    metadata: bytes = b"path,subject\n"
    corrections: bytes | None = None


@dataclass(frozen=True)
class Outcome:
    """How reading ended: in rows, or in a refusal; and the laws that it broke."""

    end: str
    num_rows: int
    faults: list[str]


def ingest(source: Source) -> Outcome:
    """Writes the source, reads it with the stage in this process, and looks at what is left. For a Jail."""
    from stages.ingest import main

    inner, temporary = source.root / "inner", source.root / "inner" / "tmp"
    shutil.rmtree(source.root, ignore_errors=True)
    temporary.mkdir(parents=True)
    os.chdir(inner)
    tempfile.tempdir = str(temporary)
    Path(source.name).write_bytes(source.content)
    Path("metadata.csv").write_bytes(source.metadata)
    Path("votes.csv").write_text("path\n")
    paths.PARAMS.write_text(_PARAMS.format(source=source.name, max_file_mb=MAX_FILE_MB))
    end, num_rows, faults = "rows", 0, []
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            main()
            if source.corrections is not None:
                Path("corrections.csv").write_bytes(source.corrections)
                read_corrections(Path("corrections.csv"), load_params().labels)
    except (SourceError, LabelError) as error:
        end = "refused"
        if len(printable(str(error)).splitlines()) != 1:
            faults.append(f"not one line: {str(error)[:300]!r}")
        if len(str(error)) > 2000:
            faults.append(f"a line of {len(str(error))} characters: {str(error)[:100]!r}")
        if paths.RAW.exists() and source.corrections is None:
            faults.append("a refused source left data/raw")
    if end == "rows":
        num_rows = len(read_table(paths.FILES, FILES_SCHEMA))
        faults += _faults_of_store()
    faults += _strays(source, temporary)
    return Outcome(end, num_rows, faults)


def _faults_of_store() -> list[str]:
    rows = read_table(paths.FILES, FILES_SCHEMA)
    told = rows[["sample_id", "ignored", "error"]].notna().sum(axis=1)
    stored = set(read_store(paths.RAW, BLOBS, ["sample_id"]).column("sample_id").to_pylist())
    faults = []
    if not (told == 1).all():
        faults.append(f"rows that are not one of content, ignored and error: {rows['path'][told != 1].tolist()[:3]}")
    if stored != set(rows["sample_id"].dropna()):
        faults.append("the store does not hold the contents of the rows")
    if rows["path"].duplicated().any():
        faults.append("two rows of one path")
    if unsafe := [path for path in rows["path"] if path.startswith("/") or ".." in path.split("/") or "\0" in path]:
        faults.append(f"paths that lead elsewhere: {unsafe[:3]}")
    return faults


def _strays(source: Source, temporary: Path) -> list[str]:
    known = {source.name, "metadata.csv", "votes.csv", "corrections.csv", "params.yaml", "data", "metrics", "tmp", ".mien"}
    inside = {path.name for path in Path().iterdir()} - known
    outside = {path.name for path in source.root.iterdir()} - {"inner"}
    left = [path.name for path in (*temporary.iterdir(), *Path().rglob(".*.tmp*"))]
    return [f"{what}: {sorted(names)[:3]}" for what, names in (("strays", inside | outside), ("temporary files", left)) if names]
