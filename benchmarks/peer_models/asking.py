"""Asks the model of another package for its scores, in a process of that package's environment, and brings them in our order of classes.

Legend: N images, S pixels, K classes.
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
    """A model of another package: the title of its row, where {version} stands for the package's version, its script, and arguments."""

    title: str
    script: Path
    arguments: tuple[str, ...] = ()


PEERS: Final = (
    Peer("fer {version} (TFLite)", SCRIPTS / "fer_package.py", ("tflite",)),
    Peer("fer {version} (Keras)", SCRIPTS / "fer_package.py", ("keras",)),
)


@dataclass(frozen=True)
class Scores:
    """The title of the row, N×K scores (logits or probabilities), and the classes as the package spells them, in the order of columns."""

    title: str
    scores_NK: NDArray[np.float32]
    classes: tuple[str, ...]


def ask(peer: Peer, images_NSS3: NDArray[np.uint8], *, python: Path) -> Scores:
    """What `peer` makes of RGB images. Raises PeerError if its process fails, or if its answer does not fit the images."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "images.npz", Path(folder) / "scores.npz"
        np.savez(source, images_NSS3=images_NSS3)
        # The environment must not see mien's modules, and a script's own folder must not hide the package that it is named after.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {"PYTHONSAFEPATH": "1"}
        command = [str(python), str(peer.script), str(source), str(target), *peer.arguments]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        except OSError as error:
            raise PeerError(f"--python {python} cannot be run ({error.strerror}); name the Python of the package's environment") from None
        if done.returncode or not target.is_file():
            last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no message")
            raise PeerError(f"{peer.script.name} {' '.join(peer.arguments)} ended with code {done.returncode}: {last}")
        with np.load(target) as answer:
            title = peer.title.format(version=answer["version"])
            found = Scores(title, answer["scores_NK"], tuple(map(str, answer["classes"])))
    if found.scores_NK.shape != (len(images_NSS3), len(found.classes)) or not np.isfinite(found.scores_NK).all():
        raise PeerError(f"{found.title} returned {found.scores_NK.shape} scores for {len(images_NSS3)} images, or some that are not finite")
    return found


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
