"""The device, the memory layout and the precision of a training. bf16 is autocast, chosen per model by measurement."""

import torch

from mien.core.errors import TrainingError

LIGHTNING_PRECISION = {"fp32": "32-true", "bf16": "bf16-mixed"}
LIGHTNING_ACCELERATOR = {"cpu": "cpu", "cuda": "gpu"}
MEMORY_FORMAT = torch.channels_last
"""of images and weights in either precision: with it the convolutions of a processor train 1.2 to 1.7 times as fast"""


def resolve_device(device: str) -> str:
    """`cpu` or `cuda` for a value of runtime.device. Raises TrainingError if cuda is requested but not available."""
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise TrainingError("runtime.device: cuda was requested, but PyTorch finds no CUDA device; set it to auto or cpu")
    return "cuda" if available and device != "cpu" else "cpu"


def slow_precision(precision: str, device: str) -> str | None:
    """A warning if the processor has no instructions for this precision, so that it is emulated; None otherwise.

    On a processor with AVX2 only, a training step of ResNet-50 or MobileNetV2 took eight times as long in bf16 as in fp32.
    """
    capability = torch.backends.cpu.get_cpu_capability()
    if precision != "bf16" or device != "cpu" or capability not in ("DEFAULT", "AVX2"):
        return None
    return f"bf16 is about eight times slower than fp32 on this processor ({capability}); fp32 gives other, equally good weights"
