"""Provides the weights that a backbone starts from: none, timm's from its hub, or a file in a folder.

torch and timm are imported only where weights are handled, so that `weights: none` is fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.core.errors import WeightsError
from mien.core.files import replacing_directory, write_json
from mien.models.weights import NOTE, WEIGHTS, check_fit, file_sha256, read_tensors

if TYPE_CHECKING:
    from torch import Tensor


def write_pretrained(folder: Path, *, backbone: str, weights: str) -> dict[str, Any]:
    """Writes the folder for `weights` (none, imagenet, or a folder with BACKBONE*.safetensors) and returns the content of pretrained.json.

    It contains `weights` (none, imagenet, folder), `backbone`, and if there are weights: `source` (name of the file, on the hub or in
    the folder), its `sha256`, and the `mean` and `std` of the input it was trained with. It contains no paths or times, so the same
    weights give the same bytes. Raises WeightsError, naming backbone, file and remedy, if the weights are unavailable or do not fit.
    """
    note: dict[str, Any] = {"weights": weights if weights in ("none", "imagenet") else "folder", "backbone": backbone}
    state: dict[str, Tensor] | None = None
    if weights != "none":
        facts, state = _from_hub(backbone) if weights == "imagenet" else _from_folder(Path(weights).expanduser(), backbone)
        note |= facts
    with replacing_directory(folder) as temporary:
        write_json(temporary / NOTE, note)
        if state is not None:
            from safetensors.torch import save

            (temporary / WEIGHTS).write_bytes(save(state))
    return note


def _from_hub(backbone: str) -> "tuple[dict[str, Any], dict[str, Tensor]]":
    from mien.models import backbones, hub

    source, file = hub.fetch(backbone)
    mean, std = backbones.statistics(backbone, "backbone")
    return {"source": source, "sha256": file_sha256(file), "mean": list(mean), "std": list(std)}, hub.load(backbone, file)


def _from_folder(folder: Path, backbone: str) -> "tuple[dict[str, Any], dict[str, Tensor]]":
    file = find_weights(folder, backbone)

    from mien.models import backbones

    tag = file.name.removeprefix(backbone).removesuffix(".safetensors").strip(".")
    mean, std = backbones.statistics(backbone, "backbone", tag=tag)
    return {"source": file.name, "sha256": file_sha256(file), "mean": list(mean), "std": list(std)}, read_backbone(file, backbone)


def find_weights(folder: Path, backbone: str) -> Path:
    """The one file in `folder` with the weights of `backbone`, BACKBONE.safetensors or BACKBONE.TAG.safetensors; else WeightsError."""
    wanted = f"{backbone}.safetensors or {backbone}.*.safetensors"
    if not folder.is_dir():
        raise WeightsError(f"weights of {backbone}: must be none, imagenet, or a folder with {wanted}; there is no folder {folder}")
    found = sorted({*folder.glob(f"{backbone}.safetensors"), *folder.glob(f"{backbone}.*.safetensors")})
    if not found:
        raise WeightsError(f"weights of {backbone}: {folder} contains no {wanted}; put the file there, or set `weights: none`")
    if len(found) > 1:
        raise WeightsError(
            f"weights of {backbone}: {folder} has several files, {', '.join(file.name for file in found)}; leave only one of them there"
        )
    return found[0]


def read_backbone(file: Path, backbone: str) -> "dict[str, Tensor]":
    """The tensors of `file`, float32, without a classifier. Raises WeightsError unless they are those of `backbone`."""
    from mien.models import backbones

    found = read_tensors(file, remedy="get the file again")
    state = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in found.items()}
    outside = backbones.classifier_names(backbone)
    for _ in "before", "after":  # in a file of an older layout, the classifier has timm's name only after adaptation
        state = {key: tensor for key, tensor in state.items() if not key.startswith(outside)}
        state = backbones.adapted(backbones.hollow(backbone), state)
    check_fit(backbones.empty_state(backbone), state, source=str(file), backbone=backbone)
    return state
