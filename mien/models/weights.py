"""Reads pretrained backbone weights: a folder with pretrained.json, which says what there is, and weights.safetensors if there are any."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.config.imagenet import origin
from mien.core.errors import WeightsError
from mien.core.outputs import read_json_output

if TYPE_CHECKING:  # so that the stage `pretrained` can record "no weights" without the seconds that importing torch takes
    from torch import Tensor, nn

WEIGHTS, NOTE, DESCRIPTION = "weights.safetensors", "pretrained.json", "model.json"


def read_note(folder: Path) -> dict[str, Any]:
    """The content of pretrained.json (see mien.models.pretrained) in MODEL/start. Raises TableError if it is missing or broken."""
    note: dict[str, Any] = read_json_output(folder / NOTE, stage=f"pretrained@{folder.parent.name}")
    return note


def origin_of(note: Mapping[str, Any]) -> str:
    """Where the weights come from, as metrics name it: none, folder, model with its name, or imagenet with timm's tag."""
    if "tag" in note:
        return origin(note["tag"])
    return str(note["source"] if note["weights"] == "model" else note["weights"])


def load_pretrained(backbone: "nn.Module", folder: Path, *, name: str) -> dict[str, Any]:
    """Loads the weights in `folder`, if there are any, into `backbone` (of the architecture `name`); returns what pretrained.json contains.

    The folder is MODEL/start. Its weights are for the input size they were trained with; for another size, timm resamples the
    tensors that depend on it. Raises TableError if the folder is not as the stage `pretrained` writes it, WeightsError if the weights do
    not fit, ParamsError if they would fit with another input size.
    """
    note = read_note(folder)
    if note["weights"] != "none":
        from mien.models import backbones

        expected = backbone.state_dict()
        again = f"run `dvc repro --force pretrained@{folder.parent.name}`"
        state = backbones.adapted(backbone, read_tensors(folder / WEIGHTS, remedy=again))
        unlike = [key for key in expected if key in state and state[key].shape != expected[key].shape]
        native = backbones.empty_state(name) if unlike else {}
        if unlike and all(native[key].shape == state[key].shape for key in unlike):
            backbones.refuse_size(name, model=folder.parent.name, tensors=unlike)
        check_fit(expected, state, source=str(folder / WEIGHTS), backbone=name)
        backbone.load_state_dict(state)
    return note


def read_tensors(file: Path, *, remedy: str) -> "dict[str, Tensor]":
    """The tensors of a safetensors file. Raises WeightsError if it is missing or broken."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{file} is missing or not a readable safetensors file ({error}); {remedy}") from None


def check_fit(expected: "dict[str, Tensor]", state: "dict[str, Tensor]", *, source: str, backbone: str) -> None:
    """Raises WeightsError, naming a few tensors, unless `state` has exactly the tensors of `expected`, with their shapes and finite values.

    A batch norm's count of batches may be missing: it is never read, and not every file has it.
    """
    faults = {
        "missing": [key for key in expected if key not in state and not key.endswith("num_batches_tracked")],
        "of another shape": [
            f"{key} {tuple(state[key].shape)} for {tuple(expected[key].shape)}"
            for key in expected
            if key in state and state[key].shape != expected[key].shape
        ],
        "unknown": [key for key in state if key not in expected],
        "not finite": [key for key, tensor in state.items() if tensor.is_floating_point() and not bool(tensor.isfinite().all())],
    }
    told = [f"{len(keys)} {fault} ({', '.join(keys[:3])}{', …' if len(keys) > 3 else ''})" for fault, keys in faults.items() if keys]
    if told:
        raise WeightsError(f"{source} does not fit {backbone}: tensors {'; '.join(told)}; use weights made for this architecture")


def file_sha256(file: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
