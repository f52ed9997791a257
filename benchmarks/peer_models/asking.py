"""Asks the model of another package for its scores, in a process of that package's environment, and brings them in our order of classes.

Legend: N images, S pixels, K classes.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from mien.config.spelling import Spellings

SCRIPTS: Final = Path(__file__).parent
# How packages spell the classes, besides the aliases of params.yaml.
SPELLINGS: Final = {
    "angry": ("anger",),
    "disgust": ("disgusted",),
    "fear": ("fearful", "afraid"),
    "happy": ("happiness",),
    "neutral": ("neutrality",),
    "sad": ("sadness",),
    "surprise": ("surprised",),
}


class PeerError(Exception):
    """The text says in one line which peer failed, and how."""


@dataclass(frozen=True)
class Peer:
    """A model of another package: the title of its row, where {version} stands for the package's version, and its script with arguments.

    `where` names the option that says where the package is installed: `python`, the Python of its environment, or `node`, the folder above
    node_modules.
    """

    title: str
    where: Literal["python", "node"]
    script: Path
    arguments: tuple[str, ...] = ()

    def command(self, installed: Path, *files: Path) -> list[str]:
        """The command that reads the first of `files` and writes the second."""
        if self.where == "python":
            return [str(installed), str(self.script), *map(str, files), *self.arguments]
        return ["node", str(self.script), *map(str, files), str(installed), *self.arguments]


PEERS: Final = (
    Peer("@vladmandic/human {version}", "node", SCRIPTS / "human_package.mjs"),
    Peer("fer {version} (TFLite)", "python", SCRIPTS / "fer_package.py", ("tflite",)),
    Peer("fer {version} (Keras)", "python", SCRIPTS / "fer_package.py", ("keras",)),
)


@dataclass(frozen=True)
class Scores:
    """The title of the row, N×K scores (logits or probabilities), and the classes as the package spells them, in the order of columns."""

    title: str
    scores_NK: NDArray[np.float32]
    classes: tuple[str, ...]


def peer_environment() -> dict[str, str]:
    """The variables for a process of a peer: it must not see mien's modules, and a script's own folder must not hide the package that it
    is named after.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {"PYTHONSAFEPATH": "1"}


def ask(peer: Peer, images_NSS3: NDArray[np.uint8], *, installed: Path) -> Scores:
    """What `peer` makes of RGB images. Raises PeerError if its process fails, or if its answer does not fit the images."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "images.npy", Path(folder) / "scores.json"
        np.save(source, np.ascontiguousarray(images_NSS3))  # C order, which the script of another language relies on
        command = peer.command(installed, source, target)
        try:
            done = subprocess.run(command, env=peer_environment(), capture_output=True, text=True, check=False)
        except OSError as error:
            raise PeerError(f"--{peer.where} {installed}: {command[0]} cannot be run ({error.strerror})") from None
        if done.returncode or not target.is_file():
            raise PeerError(f"{peer.script.name} ended with code {done.returncode}: {_reason(done.stderr)}")
        answer = json.loads(target.read_text(encoding="utf-8"))
    classes = tuple(answer["classes"])
    scores_NK = np.array(answer["scores"], np.float32)
    title = peer.title.format(version=answer["version"])
    if scores_NK.shape != (len(images_NSS3), len(classes)) or not np.isfinite(scores_NK).all():
        raise PeerError(f"{title} returned {scores_NK.shape} scores for {len(images_NSS3)} images, or some that are not finite")
    return Scores(title, scores_NK, classes)


def _reason(stderr: str) -> str:
    """The line of a traceback that names the error: the last that begins with its type, or else the last one."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"\w*(Error|Exception|Interrupt)\b", line)]
    return (named or lines or ["no message"])[-1]


def in_order(scores: Scores, classes: Sequence[str], aliases: Mapping[str, Sequence[str]] | None = None) -> NDArray[np.float32]:
    """The columns of `scores` in the order of `classes`, by name; columns of further classes, such as contempt, are left out.

    Raises PeerError unless every class has exactly one column.
    """
    known = {name: [*SPELLINGS.get(name, ()), *(aliases or {}).get(name, ())] for name in classes}
    spellings = Spellings(classes, known)
    columns: dict[str, list[int]] = {name: [] for name in classes}
    for number, spelt in enumerate(scores.classes):
        if name := spellings.class_of(spelt):
            columns[name].append(number)
    if faults := [f"{name} has {len(found)}" for name, found in columns.items() if len(found) != 1]:
        raise PeerError(f"{scores.title}: every class needs one output, but {', '.join(faults)}; its outputs: {', '.join(scores.classes)}")
    return scores.scores_NK[:, [found[0] for found in columns.values()]]
