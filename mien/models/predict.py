"""Computes the logits of many images. Shapes: N images, S×S stored side, K classes."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from mien.models.build import ExpressionModel
from mien.models.inputs import to_input
from mien.models.tta import VIEWS, mean_logits
from mien.store.face_images import Images, in_batches


def predict_logits(
    model: ExpressionModel,
    images: Images | Tensor,
    *,
    input_px: int,
    precision: str,
    device: torch.device | str,
    tta: str = "none",
    batch_size: int = 64,
    progress: str | None = None,
) -> np.ndarray:
    """Logits of RGB uint8 images, float32 N×K; the model is left in eval mode on `device`.

    `precision`: fp32, or bf16 (autocast with channels-last). `tta` names the views of each image (mien.models.tta); with several, the
    logits are the logarithm of their mean probabilities. `progress` names a progress bar; None shows none.
    """
    logits_of = forward_pass(model, input_px=input_px, precision=precision, device=device, tta=tta)
    batches, total = in_batches(images, batch_size), math.ceil(len(images) / batch_size)
    shown = tqdm(batches, desc=progress, unit="batch", total=total, disable=progress is None)
    return torch.cat([logits_of(images_B3SS) for images_B3SS in shown]).numpy()


def forward_pass(
    model: ExpressionModel, *, input_px: int, precision: str, device: torch.device | str, tta: str = "none"
) -> Callable[[Tensor], Tensor]:
    """A function from RGB uint8 images of equal size to logits, float32 on the CPU; it prepares the model as predict_logits does."""
    bf16 = precision == "bf16"
    device = torch.device(device)
    model.to(device).to(memory_format=torch.channels_last if bf16 else torch.contiguous_format).eval()

    def logits_of(images_N3SS: Tensor) -> Tensor:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            views = VIEWS[tta](images_N3SS.to(device))
            each = [model(to_input(view_N3SS, input_px=input_px, channels_last=bf16)).float() for view_N3SS in views]
            return mean_logits(each).cpu()

    return logits_of
