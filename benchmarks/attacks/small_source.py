"""A source of few small photographs with copies, junk and archives, and the data stages over it, each from the state that the one before
left.
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.attacks import photographs
from benchmarks.attacks.containers import zipped
from tests.surroundings import run_stage, tree

STAGES = ("inventory", "ingest", "convert", "dedup", "sanitise", "align", "split")
NUM_PER_CLASS = 12
LIMITING_BYTES = 2**20
# .mien holds hashes with the time at which a file was last changed.
_OWN = ("data", "metrics")
_PARAMS = """
ingest: {source: source}
labels: {classes: [happy, sad]}
runtime: {workers: 2}
models: {m: {backbone: test_resnet, weights: none, attention: none, head: dense, loss: cross_entropy}}
"""


@dataclass(frozen=True)
class Stage:
    """A stage that ran undisturbed: the folder as it was before, what it made, and how long it took."""

    name: str
    before: Path
    made: dict[str, bytes]
    seconds: float

    def start(self, folder: Path) -> None:
        """Makes `folder` what the stage found, its own outputs gone, as DVC removes them."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.before, folder, symlinks=True)


def results(root: Path) -> dict[str, bytes]:
    """All that stages write, by path."""
    return {f"{name}/{path}": content for name in _OWN if (root / name).is_dir() for path, content in tree(root / name).items()}


def undisturbed(scratch: Path) -> list[Stage]:
    """Writes the source below `scratch` and runs each stage once. Raises RuntimeError where one fails."""
    root = scratch / "undisturbed"
    _write(root)
    stages = []
    for name in STAGES:
        before = scratch / f"before-{name}"
        shutil.copytree(root, before)
        begun_s = time.monotonic()
        done = run_stage(name, root=root)
        if done.code:
            raise RuntimeError(f"{name} failed undisturbed: {done.err[-2000:]}")
        stages.append(Stage(name, before, results(root), time.monotonic() - begun_s))
    return stages


def _write(root: Path) -> None:
    kinds = list(photographs.FORMATS)
    for label in ("happy", "sad"):
        folder = root / "source" / label
        folder.mkdir(parents=True)
        for number in range(NUM_PER_CLASS):
            seed = number + 100 * (label == "sad")
            (folder / f"{number}.img").write_bytes(photographs.drawn(kinds[number], seed, size_px=200))
        shutil.copy(folder / "0.img", folder / "copy.img")
        (folder / "cut.jpg").write_bytes(photographs.drawn(kinds[0], 50)[:900])
    (root / "source" / "notes.txt").write_text("nothing")
    more = [(f"sad/{number}.png", photographs.drawn("PNG", 300 + number)) for number in range(6)]
    # Larger than any file that a stage makes, so that a limit can let stages write and stop the copy of an inner archive.
    more.append(("notes.bin", np.random.default_rng(0).bytes(LIMITING_BYTES)))
    (root / "source" / "outer.zip").write_bytes(zipped([("inner.zip", zipped(more))]))
    (root / "metadata.csv").write_text("path,subject\n")
    (root / "votes.csv").write_text("path\n")
    (root / "corrections.csv").write_text("sample_id,decision\n")
    (root / "params.yaml").write_text(_PARAMS)
