"""What it costs to start and end a stage that does nothing: imports, Typer, and the end of the process. Run it where bytecode is compiled.

    python benchmarks/startup.py                    all stages
    python benchmarks/startup.py train evaluate     these
    python benchmarks/startup.py --root ../before train    the code of another checkout, in turn with this one

Each run is `python -m stages.NAME --help` in a fresh process. CPU time (user and system) says more than wall time on a machine that others
use.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

HERE = Path(__file__).parents[1]
ALL = sorted(file.stem for file in (HERE / "stages").glob("[!_]*.py"))


def started(stage: str, root: Path) -> tuple[float, float]:
    """Wall and CPU time of one process, seconds."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", f"stages.{stage}", "--help"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(root)})
    wall_s, after = time.perf_counter() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(
    stages: Annotated[list[str] | None, typer.Argument(help="names of stages; all without any")] = None,
    root: Annotated[Path | None, typer.Option(help="another checkout to compare with")] = None,
    runs: Annotated[int, typer.Option(min=1, help="of each stage; the median is printed")] = 3,
) -> None:
    """Prints a row per stage."""
    roots = [HERE, *([root.resolve()] if root else [])]
    print(f"{'stage':12}" + "".join(f"{title:>14}" for _ in roots for title in ("wall s", "CPU s")))
    for stage in stages or ALL:
        found: list[list[tuple[float, float]]] = [[] for _ in roots]
        for _ in range(runs):
            for place, own in zip(roots, found, strict=True):
                own.append(started(stage, place))
        medians = [statistics.median(column) for own in found for column in zip(*own, strict=True)]
        print(f"{stage:12}" + "".join(f"{value:14.2f}" for value in medians), flush=True)


if __name__ == "__main__":
    typer.run(main)
