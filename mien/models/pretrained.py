"""Provides the weights that a backbone starts from: none, timm's from its hub, those of a trained model of mien, or a file in a folder.

torch and timm are imported only where weights are handled, so that `weights: none` is fast.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.config.imagenet import IMAGENET, further_images
from mien.config.weights import NONE, WORDS
from mien.core.errors import WeightsError
from mien.core.files import replacing_directory, write_json
from mien.models.weights import DESCRIPTION, NOTE, WEIGHTS, check_fit, file_sha256, read_tensors

if TYPE_CHECKING:
    from torch import Tensor


def write_pretrained(folder: Path, *, backbone: str, weights: str, tag: str = "", place: Path = Path()) -> dict[str, Any]:
    """Writes the folder for `weights` and returns the content of pretrained.json.

    `weights` is none, imagenet, or a folder, relative to `place`: that of a trained model (with model.json), or one with
    BACKBONE*.safetensors. `tag` chooses among timm's weights (see mien.models.hub.choose_tag). The note contains `weights` (none, imagenet,
    model, folder), `backbone`, and if there are weights: `source` (name of the model, or of the file on the hub or in the folder), the
    `sha256` of the file, and the `mean` and `std` of its input; with imagenet also the `tag`, and `further_images` if the weights were
    trained on more than ImageNet-1k. It contains no paths or times, so the same weights give the same bytes. Raises WeightsError, naming
    backbone, file and remedy, if the weights are unavailable or do not fit.
    """
    origin = place / weights
    is_model = weights not in WORDS and (origin / DESCRIPTION).is_file()
    kind = weights if weights in WORDS else "model" if is_model else "folder"
    note: dict[str, Any] = {"weights": kind, "backbone": backbone}
    state: dict[str, Tensor] | None = None
    if weights != NONE:
        if weights == IMAGENET:
            facts, state = _from_hub(backbone, tag)
        else:
            facts, state = _from_model(origin, backbone) if is_model else _from_folder(origin, backbone)
        note |= facts
    with replacing_directory(folder) as temporary:
        write_json(temporary / NOTE, note)
        if state is not None:
            from safetensors.torch import save

            (temporary / WEIGHTS).write_bytes(save(state))
    return note


def _from_hub(backbone: str, tag: str) -> "tuple[dict[str, Any], dict[str, Tensor]]":
    from mien.models import backbones, hub

    tag = hub.choose_tag(backbone, tag)
    source, file = hub.fetch(backbone, tag)
    mean, std = backbones.statistics(backbone, "backbone", tag=tag)
    more = further_images(tag)
    facts = {"source": source, "tag": tag, **({"further_images": more} if more else {}), "sha256": file_sha256(file)}
    return {**facts, "mean": list(mean), "std": list(std)}, hub.load(backbone, tag, file)


def _from_model(folder: Path, backbone: str) -> "tuple[dict[str, Any], dict[str, Tensor]]":
    """The backbone of a trained model, without its attention and head.

    The two files are read here and not by mien.models.store, so that a change of code that only concerns heads, or how whole models are
    loaded, does not provide all weights anew.
    """
    file, again = folder / WEIGHTS, "train or copy the model again"
    try:
        document = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        name, sha256, own = document["name"], document["weights_sha256"], document["architecture"]["backbone"]
        mean, std = (document["preprocessing"][figure] for figure in ("mean", "std"))
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{folder / DESCRIPTION} does not describe a model of mien ({type(error).__name__}: {error}); {again}") from None
    if own != backbone:
        raise WeightsError(f"weights of {backbone}: the model in {folder} has the backbone {own}; use that backbone, or other weights")
    tensors = read_tensors(file, remedy=again)
    if file_sha256(file) != sha256:
        raise WeightsError(f"{file} is not the file for which {folder / DESCRIPTION} was written; {again}")

    from mien.models import backbones

    inside = {key.removeprefix("backbone."): tensor for key, tensor in tensors.items() if key.startswith("backbone.")}
    state = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in inside.items()}
    # A backbone that is made for one input size has tensors of other shapes at another; load_pretrained adapts them.
    check_fit(backbones.empty_state(backbone), backbones.adapted(backbones.hollow(backbone), state), source=str(file), backbone=backbone)
    return {"source": f"model {name}", "sha256": sha256, "mean": mean, "std": std}, state


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
