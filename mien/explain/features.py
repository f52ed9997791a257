"""The pooled features of images before the model's head, which are used to find neighbours and to judge labels.

Shapes: N images, S×S stored side, C channels, h×w grid of the last feature map.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from mien.models.build import ExpressionModel
from mien.models.inputs import to_input
from mien.store.face_images import Images, in_batches


def pooled_features(
    model: ExpressionModel,
    images: Images | Tensor,
    *,
    input_px: int,
    batch_size: int = 64,
    device: torch.device | str = "cpu",
    progress: str | None = None,
) -> NDArray[np.float32]:
    """Return the last feature map after attention, averaged over the grid, of at least one RGB uint8 image: float32 N×C.

    The computation is in float32, independent of the model's precision. The model is left in eval mode on `device`. `progress` is the title
    of a progress bar; None shows none.
    """
    device = torch.device(device)
    model.to(device).eval()
    parts = []
    with torch.inference_mode():
        total = math.ceil(len(images) / batch_size)
        for batch in tqdm(in_batches(images, batch_size), desc=progress, unit="batch", total=total, disable=progress is None):
            maps_NChw = model.forward_features(to_input(batch.to(device), input_px=input_px, channels_last=True))
            parts.append(pooled(maps_NChw))
    return np.concatenate(parts)


def pooled(maps_NChw: Tensor) -> NDArray[np.float32]:
    """Return the maps averaged over their grid, N×C."""
    pooled_NC: NDArray[np.float32] = maps_NChw.float().mean(dim=(2, 3)).cpu().numpy()
    return pooled_NC
