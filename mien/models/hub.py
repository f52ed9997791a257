"""ImageNet weights from timm's hub: one download, and where there is no network an error at once that names file and remedy."""

from pathlib import Path

import huggingface_hub
import timm
import torch
from torch import Tensor

from mien.core.errors import WeightsError
from mien.models.backbones import create_backbone

PROBE_TIMEOUT_S = 10.0


def fetch(backbone: str) -> tuple[str, Path]:
    """timm's default weights of `backbone`: their name on the hub (repository/file) and the downloaded, or cached, file.

    Raises WeightsError if timm has none, or if they cannot be had.
    """
    pretrained = timm.get_pretrained_cfg(backbone)
    if pretrained is None or not pretrained.hf_hub_id:
        raise WeightsError(
            f"weights: imagenet: timm has no pretrained weights for {backbone}; "
            f"set `weights` to none or to a folder with {backbone}.safetensors, or choose another backbone"
        )
    repository, _, revision = pretrained.hf_hub_id.partition("@")
    file = pretrained.hf_hub_filename or "model.safetensors"
    try:
        return f"{repository}/{file}", _download(repository, file, revision or None)
    # Whatever the HTTP library underneath raises (it changes between versions); all of it means that the file is not to be had.
    except Exception as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise WeightsError(
            f"weights: imagenet: the weights of {backbone} cannot be had: file {file} of {repository} on the hub ({reason}).\n"
            f"  Where there is a network: hf download {repository} {file} --local-dir weights; "
            f"rename it to weights/{backbone}.safetensors and set the model's `weights` to that folder.\n"
            "  Or set `weights: none` to train from scratch."
        ) from None


def _download(repository: str, file: str, revision: str | None) -> Path:
    cached = huggingface_hub.try_to_load_from_cache(repository, file, revision=revision)
    if isinstance(cached, str):
        return Path(cached)
    # Without this, a machine without network waits most of a minute through the hub client's retries.
    huggingface_hub.get_session().head(huggingface_hub.hf_hub_url(repository, file, revision=revision), timeout=PROBE_TIMEOUT_S)
    return Path(huggingface_hub.hf_hub_download(repository, file, revision=revision))


def load(backbone: str, file: Path) -> dict[str, Tensor]:
    """The backbone's tensors from a file of timm's hub, through timm's own loading (which adapts files of older layouts).

    Raises WeightsError if the file leaves a weight unfilled: timm itself would leave it random, silently.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        drawn = create_backbone(backbone, input_px=None).state_dict()
        torch.manual_seed(0)
        overlay = {"file": str(file), "custom_load": False}
        try:
            filled = timm.create_model(
                backbone, pretrained=True, num_classes=0, global_pool="", pretrained_cfg_overlay=overlay
            ).state_dict()
        except Exception as error:  # timm and its readers raise what they like
            raise WeightsError(
                f"weights of {backbone}: timm cannot load the downloaded {file.name} ({error}); delete {file} and try again"
            ) from None
    unfilled = [key for key in drawn if drawn[key].ndim > 1 and torch.equal(drawn[key], filled[key])]
    if unfilled:
        raise WeightsError(
            f"weights of {backbone}: the downloaded {file.name} leaves {len(unfilled)} tensors unfilled ({', '.join(unfilled[:3])})"
        )
    return {key: tensor.contiguous() for key, tensor in filled.items()}
