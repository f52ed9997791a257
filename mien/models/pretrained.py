"""Pretrained backbone weights as a folder: pretrained.json, which says what there is, and weights.safetensors if there is something.

Imports torch and timm only where weights are really handled, so that `weights: none` costs nothing.
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.errors import TableError
from mien.files import read_json, replacing_directory, write_json

if TYPE_CHECKING:
    from torch import Tensor, nn

WEIGHTS, NOTE = "weights.safetensors", "pretrained.json"


def write_pretrained(folder: Path, *, backbone: str, weights: str) -> dict[str, Any]:
    """Writes the folder for one model's `weights` (none, imagenet, or a folder); returns what pretrained.json says.

    Raises WeightsError, naming backbone, file and remedy, if the weights cannot be had or do not fit the backbone.
    """
    with replacing_directory(folder) as temporary:
        if weights == "none":
            note: dict[str, Any] = {"weights": "none", "backbone": backbone}
        else:
            raise NotImplementedError
        write_json(temporary / NOTE, note)
    return note


def read_note(folder: Path) -> dict[str, Any]:
    """What pretrained.json says. Raises TableError if it is missing or broken."""
    try:
        note: dict[str, Any] = read_json(folder / NOTE)
    except (FileNotFoundError, json.JSONDecodeError) as error:
        raise TableError(f"{folder / NOTE} is missing or broken; run `dvc repro pretrained@{folder.name}`: {error}") from None
    return note


def load_pretrained(backbone: "nn.Module", folder: Path, *, name: str) -> None:
    """Gives `backbone` the weights of the folder, if its pretrained.json says that there are any."""
    note = read_note(folder)
    if note["weights"] == "none":
        return
    from safetensors.torch import load_file

    state: dict[str, Tensor] = load_file(folder / WEIGHTS)
    check_fit(backbone, state, source=str(folder / WEIGHTS), name=name)
    backbone.load_state_dict(state)


def check_fit(backbone: "nn.Module", state: "dict[str, Tensor]", *, source: str, name: str) -> None:
    raise NotImplementedError


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
