"""`mien predict` and the package fer on the same labelled photographs: answers, accuracy, time, and what they say of files that are none.

    python3.11 -m venv ~/fer && ~/fer/bin/pip install --no-deps fer==25.10.3
    ~/fer/bin/pip install tensorflow-cpu "opencv-contrib-python-headless<5" "setuptools<81" requests pillow
    python -m benchmarks.peer_photos FOLDER LABELS.csv --python ~/fer/bin/python

LABELS.csv has the columns `path` (within FOLDER) and `label`; where it has a column `origin`, the first file of each origin counts. Files
whose label is none of the classes, or empty, are asked but have no part in the accuracy. Both programs run as their own processes on the
same cores, one after the other, each round in another order; the time is that of the whole process, from its start to its end.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from benchmarks.peer_models.asking import SCRIPTS, SPELLINGS, peer_environment

CLASSES = tuple(SPELLINGS)


@dataclass(frozen=True)
class Answers:
    """Class and reason by path (one of them is empty), and the seconds of the process."""

    label: dict[str, str]
    reason: dict[str, str]
    seconds: float


def timed(command: list[str], **arguments: object) -> float:
    """Runs a command and returns its seconds."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **arguments)  # type: ignore[call-overload]
    if done.returncode not in (0, 1):  # 1: some files have no answer
        sys.exit(f"error: {' '.join(command[:4])} ended with code {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
    return time.perf_counter() - start


def ask_mien(folder: Path, paths: list[str], scratch: Path, python: Path) -> Answers:
    """The answers of the shipped model."""
    out = scratch / "mien.jsonl"
    (scratch / "list").write_text("".join(f"{folder / path}\n" for path in paths))
    with (scratch / "list").open() as listed:
        seconds = timed([str(python), "-m", "mien", "predict", "-", "--out", str(out)], stdin=listed)
    rows = {row["path"]: row for row in map(json.loads, out.read_text().splitlines())}
    found = {path: rows[str(folder / path)] for path in paths}
    label = {path: row["label"] or "" for path, row in found.items()}
    return Answers(label, {path: row["reason"] or "" for path, row in found.items()}, seconds)


def ask_fer(folder: Path, paths: list[str], scratch: Path, python: Path) -> Answers:
    """The answers of the package fer."""
    source, target = scratch / "paths.json", scratch / "fer.json"
    source.write_text(json.dumps([str(folder / path) for path in paths]))
    seconds = timed([str(python), str(SCRIPTS / "fer_photos.py"), str(source), str(target)], env=peer_environment())
    answers = json.loads(target.read_text())["answers"]
    label = {path: answer["label"] or "" for path, answer in zip(paths, answers, strict=True)}
    return Answers(label, {path: answer["error"] for path, answer in zip(paths, answers, strict=True)}, seconds)


ASK = {"mien": ask_mien, "fer": ask_fer}


def accuracy(answers: Answers, truth: dict[str, str], among: set[str]) -> str:
    """The share of `among` whose answer is the truth, with the count."""
    right = sum(answers.label[path] == truth[path] for path in among)
    return f"{right / max(len(among), 1):.3f} of {len(among)}"


def main(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="photographs, in any folders below")],
    labels: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with path, label and perhaps origin")],
    python: Annotated[Path, typer.Option(help="the Python of an environment with the package fer")],
    rounds: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Prints two tables."""
    table = pd.read_csv(labels, keep_default_na=False, dtype=str)
    table = table[[(folder / path).is_file() for path in table["path"]]].sort_values("path")
    paths = list(table["path"])
    counted = table[table["label"].isin(CLASSES)]
    counted = counted.drop_duplicates("origin") if "origin" in counted else counted
    truth = dict(zip(counted["path"], counted["label"], strict=True))
    times: dict[str, list[float]] = {"mien": [], "fer": []}
    results: dict[str, Answers] = {}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for number in range(rounds):
            for program in ("mien", "fer") if number % 2 == 0 else ("fer", "mien"):
                own_python = python if program == "fer" else Path(sys.executable)
                asked = ASK[program](folder.resolve(), paths, scratch, own_python)
                results[program] = asked
                times[program].append(asked.seconds)
    both = {path for path in truth if all(asked.label[path] for asked in results.values())}
    typer.echo(f"{len(paths)} files, {len(truth)} with a label that counts, {len(both)} of them answered by both\n")
    typer.echo("| | answered | accuracy of all | of its answers | where both answer | files/s |")
    typer.echo("|---|---:|---:|---:|---:|---:|")
    for program, asked in results.items():
        own = {path for path in truth if asked.label[path]}
        shares = " | ".join(accuracy(asked, truth, among) for among in (set(truth), own, both))
        typer.echo(f"| {program} | {len(own)} | {shares} | {len(paths) / statistics.median(times[program]):.1f} |")
    typer.echo("\nfiles without an answer, by reason:")
    for program, asked in results.items():
        reasons = Counter(reason.replace(str(folder.resolve()), "FOLDER") for reason in asked.reason.values() if reason)
        typer.echo(f"{program}: " + "; ".join(f"{count} × {reason[:100]}" for reason, count in reasons.most_common(6)))


if __name__ == "__main__":
    typer.run(main)
