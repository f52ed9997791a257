"""How time, memory and disk of each data stage grow with the number of images.

    python -m benchmarks.scale /path/to/fer2013.zip                                             # 10,000 and 30,000 files
    python -m benchmarks.scale /path/to/fer2013.zip --size 1000000 --folder /scratch/scale      # can be interrupted and repeated
    python -m benchmarks.scale --tables --size 1000000                                          # sanitise, split, validate alone

The source is a synthetic archive of small faces (benchmarks/scaling/archive.py), blends of those in the given one, with planted
duplicates. Every stage runs as a process of its own, in the order of dvc.yaml and with the settings of the preset fer2013, in a folder of
its own for each size. A stage whose record is in that folder is not run again. `peak_gb` is the resident memory of a stage and its workers
together, of which about 0.2 GB for each process are code. The second table has the exponents of time and of bytes written from one size to
the next, and what a million files would need.
"""

import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from benchmarks.dedup_scale import real_pictures, write_params
from benchmarks.scaling.archive import CLASSES, write_archive
from benchmarks.scaling.exact import exact_duplicates
from benchmarks.scaling.tables import write_tables
from benchmarks.scaling.watching import watched
from mien.core.parallel import num_processes

ROOT = Path(__file__).parents[1]
NUM_EXPECTED = 1_000_000
OF_TABLES = ("sanitise", "split", "validate")
STAGES = ("inventory", "ingest", "convert", "dedup", "sanitise", "align", "split", "validate")
PARAMS = f"""ingest: {{source: source.zip}}
labels: {{classes: [{", ".join(CLASSES)}], aliases: {{}}, near_copies: drop}}
faces: {{detector: none, size_px: 48, margin: 0.1}}
split: {{method: official}}
runtime: {{workers: {{workers}}}}
"""


def prepare(folder: Path, real_MSS: NDArray[np.uint8] | None, size: int, *, workers: int) -> None:
    """Writes the archive (or without `real_MSS` the tables) and what a repository has beside it into `folder`, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_params(folder, PARAMS.replace("{workers}", str(workers)))
    if real_MSS is None:
        if not (folder / "data").exists():
            write_tables(folder, size, CLASSES)
    elif not (folder / "source.zip").exists():
        kinds = write_archive(folder / "source.part", real_MSS, size, seed=size)
        (folder / "source.part").rename(folder / "source.zip")
        typer.echo(f"{size} files: {dict(kinds)}, {(folder / 'source.zip').stat().st_size / 1e9:.2f} GB")


def measure(folder: Path, stages: tuple[str, ...], *, without_dedup: bool, code: Path) -> list[dict[str, Any]]:
    """A row for each stage, from its record if there is one."""
    rows = []
    environment = os.environ | {"PYTHONPATH": str(code), "MIEN_TRACKING": "off", "OMP_NUM_THREADS": "1"}
    for stage in stages:
        record = folder / "records" / f"{stage}.json"
        record.parent.mkdir(exist_ok=True)
        if stage == "dedup" and without_dedup:
            exact_duplicates(folder)
            continue
        if not record.exists():
            with (folder / "log.txt").open("a") as log:
                needs = watched([sys.executable, "-m", f"stages.{stage}"], folder=folder, environment=environment, log=log)
            record.write_text(json.dumps(needs.row()))
        rows.append({"stage": stage, **json.loads(record.read_text())})
        typer.echo(f"  {rows[-1]}")
    return rows


def growth(rows: pd.DataFrame) -> pd.DataFrame:
    """For each stage and each step from one size to the next: exponents, bytes of memory per file, and what NUM_EXPECTED files would need.

    Expected memory grows with the number of files as from the smaller to the larger size, and so does expected processor time, or by its
    exponent if that gives more (less than 1 is the fixed time of the start).
    """
    found = []
    for stage, own in rows.groupby("stage", sort=False):
        records = own.sort_values("files").to_dict("records")
        for small, large in pairwise(records):
            num = large["files"]
            step = {name: _exponent(small, large, name) for name in ("seconds", "cpu_s", "written_gb")}
            per_file_gb = (large["peak_gb"] - small["peak_gb"]) / (num - small["files"])
            per_file_s = (large["cpu_s"] - small["cpu_s"]) / (num - small["files"])
            by_exponent_s = large["cpu_s"] * (NUM_EXPECTED / num) ** step["cpu_s"]
            expected = {
                "bytes_per_file": round(1e9 * per_file_gb),
                "expected_cpu_h": round(max(large["cpu_s"] + per_file_s * (NUM_EXPECTED - num), by_exponent_s) / 3600, 3),
                "expected_gb": round(large["peak_gb"] + per_file_gb * (NUM_EXPECTED - num), 2),
            }
            found.append({"stage": stage, "from": small["files"], "to": num, **step, **expected})
    return pd.DataFrame(found)


def _exponent(small: Mapping[str, float], large: Mapping[str, float], name: str) -> float:
    if not (small[name] > 0 and large[name] > 0):
        return math.nan
    return round(math.log(large[name] / small[name]) / math.log(large["files"] / small["files"]), 2)


def main(
    source: Annotated[Path | None, typer.Argument(help="Folder or archive of photographs that the pictures are made of.")] = None,
    size: Annotated[list[int] | None, typer.Option(help="Number of files; may be given several times.")] = None,
    until: Annotated[str, typer.Option(help=f"The last stage, one of {', '.join(STAGES)}.")] = STAGES[-1],
    tables: Annotated[bool, typer.Option(help="Write tables instead of pictures, and run the stages that read tables alone.")] = False,
    without_dedup: Annotated[bool, typer.Option(help="Take only files with the same bytes for duplicates.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where all is kept; without it, in a temporary folder.")] = None,
    code: Annotated[Path, typer.Option(help="The repository whose stages run.")] = ROOT,
    workers: Annotated[int, typer.Option(help="Processes of a stage; 0 means one per core.")] = 0,
    real: Annotated[int, typer.Option(help="Number of images of the source that are used.")] = 10_000,
) -> None:
    """Prints a row for each size and stage, and how they grow."""
    if tables == (source is not None):
        raise typer.BadParameter("give either a source or --tables")
    real_MSS = None if source is None else real_pictures(source.resolve(), real)
    place = folder or Path(tempfile.mkdtemp(prefix="scale-"))
    rows: list[Mapping[str, Any]] = []
    try:
        for num in sorted(size or [10_000, 30_000]):
            prepare(place / str(num), real_MSS, num, workers=workers)
            stages = tuple(name for name in STAGES[: STAGES.index(until) + 1] if not tables or name in OF_TABLES)
            found = measure(place / str(num), stages, without_dedup=without_dedup, code=code.resolve())
            rows += [{"files": num, **row} for row in found]
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)
    table = pd.DataFrame(rows)
    tables_shown = [table, growth(table)] if table["files"].nunique() > 1 else [table]  # one size shows no growth
    typer.echo("".join(f"\n{shown.to_string(index=False)}\n" for shown in tables_shown) + f"{num_processes(workers)} processes")


if __name__ == "__main__":
    typer.run(main)
