"""Downloads ImageNet weights from timm's hub; without a network it fails at once, with an error that names file and remedy."""

from pathlib import Path

import huggingface_hub
import timm
import torch
from torch import Tensor

from mien.config.imagenet import PINNED, further_images
from mien.core.errors import WeightsError
from mien.models.backbones import create_backbone

PROBE_TIMEOUT_S = 10.0


def choose_tag(backbone: str, tag: str = "") -> str:
    """The tag of timm's weights for `backbone`: the one asked for, else the pinned one of mien.config.imagenet.

    A backbone without a pinned tag has timm's default, or, if that was trained on more images, the first tag of ImageNet-1k alone, if any.
    Raises WeightsError if timm has no weights for the backbone, or none of that tag.
    """
    default = timm.get_pretrained_cfg(backbone)
    # timm's pattern also matches longer names that begin alike.
    tags = [name.removeprefix(f"{backbone}.") for name in timm.list_pretrained(f"{backbone}.*") if name.startswith(f"{backbone}.")]
    if default is None or not default.tag or default.tag not in tags:
        raise WeightsError(
            f"weights: imagenet: timm has no pretrained weights for {backbone}; "
            f"set `weights` to none or to a folder with {backbone}.safetensors, or choose another backbone"
        )
    wanted = tag or PINNED.get(backbone, "")
    if wanted and wanted not in tags:
        raise WeightsError(f"weights_tag: must be a tag of timm's weights for {backbone}: {', '.join(tags)} (got {wanted!r})")
    return wanted or next((each for each in (default.tag, *tags) if not further_images(each)), default.tag)


def fetch(backbone: str, tag: str) -> tuple[str, Path]:
    """timm's weights of `backbone` with this tag: their name on the hub (repository/file) and the downloaded, or cached, file.

    Raises WeightsError if they are not on the hub, or if the download fails.
    """
    pretrained = timm.get_pretrained_cfg(f"{backbone}.{tag}")
    if pretrained is None or not pretrained.hf_hub_id:
        raise WeightsError(f"weights: imagenet: {backbone}.{tag} is not on timm's hub; set `weights_tag` to another tag")
    repository, _, revision = pretrained.hf_hub_id.partition("@")
    file = pretrained.hf_hub_filename or "model.safetensors"
    try:
        return f"{repository}/{file}", _download(repository, file, revision or None)
    # The HTTP library underneath raises errors that change between versions; each of them means that the file is unavailable.
    except Exception as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise WeightsError(
            f"weights: imagenet: the weights of {backbone} could not be downloaded: file {file} of {repository} on the hub ({reason}).\n"
            f"  On a machine with a network: hf download {repository} {file} --local-dir weights; "
            f"rename it to weights/{backbone}.{tag}.safetensors and set the model's `weights` to that folder.\n"
            "  Or set `weights: none` to train from scratch."
        ) from None


def _download(repository: str, file: str, revision: str | None) -> Path:
    cached = huggingface_hub.try_to_load_from_cache(repository, file, revision=revision)
    if isinstance(cached, str):
        return Path(cached)
    # Without this, a machine without network waits for most of a minute, because the hub client retries.
    huggingface_hub.get_session().head(huggingface_hub.hf_hub_url(repository, file, revision=revision), timeout=PROBE_TIMEOUT_S)
    return Path(huggingface_hub.hf_hub_download(repository, file, revision=revision))


def load(backbone: str, tag: str, file: Path) -> dict[str, Tensor]:
    """The backbone's tensors from a file of timm's hub with this tag, loaded by timm itself, which adapts files of older layouts.

    Raises WeightsError if the file leaves a weight unfilled: timm would leave it random without a warning.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        drawn = create_backbone(backbone, input_px=None).state_dict()
        torch.manual_seed(0)
        overlay = {"file": str(file), "custom_load": False}
        try:
            filled = timm.create_model(
                f"{backbone}.{tag}", pretrained=True, num_classes=0, global_pool="", pretrained_cfg_overlay=overlay
            ).state_dict()
        except Exception as error:  # timm and its readers raise all kinds of exceptions
            raise WeightsError(
                f"weights of {backbone}: timm cannot load the downloaded {file.name} ({error}); delete {file} and try again"
            ) from None
    unfilled = [key for key in drawn if drawn[key].ndim > 1 and torch.equal(drawn[key], filled[key])]
    if unfilled:
        raise WeightsError(
            f"weights of {backbone}: the downloaded {file.name} leaves {len(unfilled)} tensors unfilled ({', '.join(unfilled[:3])})"
        )
    return {key: tensor.contiguous() for key, tensor in filled.items()}
