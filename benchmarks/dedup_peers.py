"""The duplicate search beside those of the packages imagededup and fastdup, on the same pictures, with planted copies.

    python3.11 -m venv ~/imagededup && ~/imagededup/bin/pip install imagededup==0.3.3.post2
    python3.11 -m venv ~/fastdup && ~/fastdup/bin/pip install fastdup==2.54
    python -m benchmarks.dedup_peers /path/to/fer2013.zip --imagededup ~/imagededup/bin/python --fastdup ~/fastdup/bin/python --size 10000

The pictures are blends of those in the source (benchmarks/pairs/crowd.py), written as PNG files; one in twenty is a copy of another one.
`read_s` is the time to read and describe the files: for mien the stages inventory, ingest and convert, which also convert them; for
imagededup its hashes. `search_s` is the time of the search. fastdup does not tell them apart. `others` counts pairs that were not planted.
A program that takes longer than --limit is stopped, and its row says so. fastdup's licence allows non-commercial use only.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from PIL import Image

from benchmarks.dedup_scale import ROOT, real_pictures, write_params
from benchmarks.pairs.crowd import KINDS, Crowd, crowd
from benchmarks.peer_models.asking import SCRIPTS, peer_environment
from mien.core import paths
from mien.store.tables import PAIRS, read_table

Found = tuple[float, float, set[tuple[str, str]]]  # seconds of reading, seconds of the search, pairs of file names in order
SIMILARITY = "0.96"  # fastdup's default for images of one component


def ask_mien(folder: Path, scratch: Path, *, limit_s: float) -> Found:
    """Runs the stages in a folder of their own."""
    write_params(scratch, f"ingest: {{source: {folder}}}")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    seconds = []
    for stage in ("inventory", "ingest", "convert", "dedup"):
        start = time.perf_counter()
        command = [sys.executable, "-m", f"stages.{stage}"]
        subprocess.run(command, cwd=scratch, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=limit_s)
        seconds.append(time.perf_counter() - start)
    found = read_table(scratch / paths.PAIRS, PAIRS, ["path", "other_path"])
    names = ([Path(path).name for path in found[column]] for column in ("path", "other_path"))
    return sum(seconds[:3]), seconds[3], {(min(pair), max(pair)) for pair in zip(*names, strict=True)}


def ask_peer(script: str, python: Path, argument: str) -> Callable[..., Found]:
    """Runs a package's script in its environment."""

    def ask(folder: Path, scratch: Path, *, limit_s: float) -> Found:
        target = scratch / "pairs.csv"
        command = [str(python), str(SCRIPTS / script), str(folder), str(target), argument]
        done = subprocess.run(
            command, cwd=scratch, env=peer_environment(), check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=limit_s
        )
        read, search = map(float, done.stdout.decode().splitlines()[-1].split())
        with target.open(newline="") as file:
            return read, search, {(one, other) for one, other in csv.reader(file)}

    return ask


def row(title: str, ask: Callable[..., Found], folder: Path, shown: Crowd, *, limit_s: float) -> dict[str, object]:
    """One row of the table."""
    named = {"images": len(shown.thumbnail_NSS), "search": title}
    with tempfile.TemporaryDirectory() as scratch:
        try:
            read, search, pairs = ask(folder, Path(scratch), limit_s=limit_s)
        except subprocess.TimeoutExpired:
            return named | {"read_s": f"more than {limit_s:.0f}"}
    planted = [(_name(one), _name(other)) for one, other in zip(shown.original_P, shown.copy_P, strict=True)]
    is_found = pd.Series([pair in pairs for pair in planted])
    figures = {"read_s": round(read, 1), "search_s": round(search, 1), "others": len(pairs - set(planted)), "recall": is_found.mean()}
    return named | figures | {kind: is_found[shown.kind_P == kind].mean() for kind in KINDS}


def _name(number: int) -> str:
    return f"{number:08d}.png"


def main(
    source: Annotated[Path, typer.Argument(help="Folder or archive of photographs that the pictures are made of.")],
    imagededup: Annotated[Path | None, typer.Option(help="Python of an environment with imagededup.")] = None,
    fastdup: Annotated[Path | None, typer.Option(help="Python of an environment with fastdup.")] = None,
    size: Annotated[list[int] | None, typer.Option(help="Number of pictures; may be given several times.")] = None,
    real: Annotated[int, typer.Option(help="Number of images of the source that are used.")] = 10_000,
    limit_s: Annotated[float, typer.Option(help="Seconds after which a program is stopped.")] = 900.0,
) -> None:
    """Prints a row for each size and program."""
    programs: dict[str, Callable[..., Found]] = {"mien": ask_mien}
    if imagededup:
        programs["imagededup, PHash, brute force"] = ask_peer("imagededup_pairs.py", imagededup, "brute_force_cython")
        programs["imagededup, PHash, BK-tree"] = ask_peer("imagededup_pairs.py", imagededup, "bktree")
    if fastdup:
        programs["fastdup"] = ask_peer("fastdup_pairs.py", fastdup, SIMILARITY)
    pictures = real_pictures(source.resolve(), real)
    rows = []
    for count in size or [1000]:
        shown = crowd(pictures, count, share=0.05, seed=count)
        with tempfile.TemporaryDirectory() as folder:
            faces = Path(folder) / "happy"
            faces.mkdir()
            for number, thumbnail in enumerate(shown.thumbnail_NSS):
                Image.fromarray(thumbnail).save(faces / _name(number))
            for title, ask in programs.items():
                rows.append(row(title, ask, faces if title != "mien" else Path(folder), shown, limit_s=limit_s))
                typer.echo(f"{rows[-1]}")
    typer.echo(f"\n{pd.DataFrame(rows).round(3).to_string(index=False, na_rep='')}")


if __name__ == "__main__":
    typer.run(main)
