"""The campaign of attacks: mutated photographs, hostile and fuzzed archives and tables, stages killed at random moments, full disks.

    python -m benchmarks.attack --seed 1 --mutations 2000 --zips 300 --kills 25

Each attack has its laws in the docstring of its module in benchmarks/attacks. Prints a line and a table for each, and every case that broke
a law; the exit code is 1 if one did. Photographs are drawn; with --photos SOURCE (a folder or zip) those of the source are mutated too.
"""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.attacks.full_disk import limited_stages
from benchmarks.attacks.kills import killed_stages
from benchmarks.attacks.pictures import mutated_pictures
from benchmarks.attacks.small_source import undisturbed
from benchmarks.attacks.sources import fuzzed_sources, made_sources
from benchmarks.attacks.verdict import Verdict
from mien.core.markdown import markdown_table
from mien.core.printable import one_line


def main(
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn.")] = 1,
    mutations: Annotated[int, typer.Option(min=0, help="Mutated photographs.")] = 2000,
    zips: Annotated[int, typer.Option(min=0, help="Fuzzed zips, and as many tars, and a fifth of it of each compressed tar.")] = 300,
    kills: Annotated[int, typer.Option(min=0, help="Stages ended by a signal.")] = 25,
    photos: Annotated[Path | None, typer.Option(help="Folder or zip of sound photographs, mutated beside drawn ones.")] = None,
) -> None:
    warnings.simplefilter("ignore")  # zipfile's about equal names
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        attacks: list[Callable[[], Verdict]] = [lambda: mutated_pictures(mutations, seed=seed)]
        if photos is not None:
            attacks.append(lambda: mutated_pictures(mutations, seed=seed, source=photos.resolve()))
        attacks += [
            lambda: made_sources(scratch / "made"),
            lambda: fuzzed_sources(scratch / "fuzzed", num_zips=zips, num_tars=zips, num_streams=zips // 5, seed=seed),
        ]
        verdicts = [_told(attack()) for attack in attacks]
        stages = undisturbed(scratch)
        verdicts.append(_told(killed_stages(stages, scratch, num=kills, seed=seed)))
        verdicts.append(_told(limited_stages(stages, scratch)))
    raise typer.Exit(any(verdict.broken for verdict in verdicts))


def _told(verdict: Verdict) -> Verdict:
    typer.echo(f"\n{verdict.line()}\n")
    typer.echo("\n".join(markdown_table(["kind", "cases", "ended as"], verdict.table())))
    for fault in verdict.broken:
        typer.echo(f"broken: {one_line(fault)}")
    return verdict


if __name__ == "__main__":
    typer.run(main)
