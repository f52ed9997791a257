"""The mean of the logits of the frames. It has no weights, and is what the others must beat."""

import torch
from torch import Tensor, nn

from mien.temporal.batch import Batch


class Mean(nn.Module):
    """Weights every frame alike."""

    def __init__(self, *_sizes: int) -> None:
        super().__init__()

    def forward(self, batch: Batch, _generator: torch.Generator | None = None) -> Tensor:
        """Logits, B×K."""
        logits_BK: Tensor = batch.logits_BTK.sum(1) / batch.mask_BT.sum(1, keepdim=True)
        return logits_BK
