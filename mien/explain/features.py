"""What a model makes of many pictures, before its head: the space in which neighbours are looked for and labels doubted.

Shapes: N pictures, S×S stored side, C channels, h×w grid of the last feature map.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from mien.models.build import ExpressionModel
from mien.models.inputs import to_input


def pooled_features(
    model: ExpressionModel,
    images_N3SS: Tensor,
    *,
    input_px: int,
    batch_size: int = 64,
    device: torch.device | str = "cpu",
    progress: str | None = None,
) -> NDArray[np.float32]:
    """The last feature map after attention, averaged over the grid: float32 N×C, of at least one RGB uint8 picture.

    In float32 whatever the model's precision; the model is left in eval mode on `device`. `progress` names a progress bar, None shows none.
    """
    device = torch.device(device)
    model.to(device).eval()
    parts = []
    with torch.inference_mode():
        for batch in tqdm(torch.split(images_N3SS, batch_size), desc=progress, unit="batch", disable=progress is None):
            maps_NChw = model.forward_features(to_input(batch.to(device), input_px=input_px, channels_last=True))
            parts.append(pooled(maps_NChw))
    return np.concatenate(parts)


def pooled(maps_NChw: Tensor) -> NDArray[np.float32]:
    """Maps averaged over their grid, N×C."""
    pooled_NC: NDArray[np.float32] = maps_NChw.float().mean(dim=(2, 3)).cpu().numpy()
    return pooled_NC
