"""Logits of many pictures. Shapes: N pictures, S×S stored side, K classes."""

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from mien.models.build import ExpressionModel
from mien.models.inputs import to_input


def predict_logits(
    model: ExpressionModel,
    images_N3SS: Tensor,
    *,
    input_px: int,
    precision: str,
    device: torch.device | str,
    batch_size: int = 64,
    progress: str | None = None,
) -> np.ndarray:
    """Logits of RGB uint8 pictures, float32 N×K; the model is left in eval mode on `device`.

    `precision`: fp32, or bf16 (autocast with channels-last). `progress` names a progress bar, None shows none.
    """
    bf16 = precision == "bf16"
    device = torch.device(device)
    model.to(device).to(memory_format=torch.channels_last if bf16 else torch.contiguous_format).eval()
    batches = torch.split(images_N3SS, batch_size)
    parts = []
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for batch in tqdm(batches, desc=progress, unit="batch", disable=progress is None):
            parts.append(model(to_input(batch.to(device), input_px=input_px, channels_last=bf16)).float().cpu())
    return torch.cat(parts).numpy()
