"""Measures how fast a model predicts on this machine. Results differ from run to run, so they are never part of what DVC tracks.

Shapes: B batch, S×S input side.
"""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from mien.models.build import ExpressionModel
from mien.models.predict import forward_pass

BATCH_SIZE = 32
BUDGET_S = 0.6  # for each of the two measurements, without its warm-up
_FEWEST, _MOST = 3, 200  # runs


@dataclass(frozen=True)
class Speed:
    """The measured speed, and the hardware and software it was measured on."""

    images_per_s: float
    """in batches of `batch_size`, from uint8 images to logits"""
    latency_ms: float
    """for a single image"""
    batch_size: int
    device: str
    cpu: str
    num_threads: int
    """threads that compute on the CPU"""
    precision: str


def measure_speed(model: ExpressionModel, *, input_px: int, precision: str, device: torch.device | str, tta: str = "none") -> Speed:
    """Medians over as many runs as fit into BUDGET_S (from 3 to 200) after a warm-up, with all views of `tta`.

    The time to decode files is not included.
    """
    logits_of = forward_pass(model, input_px=input_px, precision=precision, device=device, tta=tta)
    return speed_of(logits_of, size_px=input_px, precision=precision, device=device)


def speed_of(logits_of: Callable[[Tensor], object], *, size_px: int, precision: str, device: torch.device | str = "cpu") -> Speed:
    """The same for a function of uint8 images, B×3×S×S; on the CPU it must compute with as many threads as PyTorch."""
    images_B3SS = torch.randint(0, 256, (BATCH_SIZE, 3, size_px, size_px), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    batch_s = _median_s(lambda: logits_of(images_B3SS))
    single_s = _median_s(lambda: logits_of(images_B3SS[:1]))
    return Speed(
        images_per_s=round(BATCH_SIZE / batch_s, 1),
        latency_ms=round(1000 * single_s, 2),
        batch_size=BATCH_SIZE,
        device=torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else "cpu",
        cpu=_cpu(),
        num_threads=torch.get_num_threads(),
        precision=precision,
    )


def _median_s(run: Callable[[], object]) -> float:
    run()
    taken_s: list[float] = []
    while len(taken_s) < _FEWEST or (sum(taken_s) < BUDGET_S and len(taken_s) < _MOST):
        begin_s = perf_counter()
        run()
        taken_s.append(perf_counter() - begin_s)
    return median(taken_s)


def _cpu() -> str:
    """The processor's name, if the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
