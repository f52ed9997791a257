"""The device and the precision of a training run. bf16 means autocast with channels-last; it is chosen per model by measurement."""

import torch

from mien.core.errors import TrainingError

LIGHTNING_PRECISION = {"fp32": "32-true", "bf16": "bf16-mixed"}
LIGHTNING_ACCELERATOR = {"cpu": "cpu", "cuda": "gpu"}


def resolve_device(device: str) -> str:
    """`cpu` or `cuda` for a value of runtime.device. Raises TrainingError if cuda is requested but not available."""
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise TrainingError("runtime.device: cuda was requested, but PyTorch finds no CUDA device; set it to auto or cpu")
    return "cuda" if available and device != "cpu" else "cpu"


def memory_format(precision: str) -> torch.memory_format:
    """The memory format of images and weights."""
    return torch.channels_last if precision == "bf16" else torch.contiguous_format
