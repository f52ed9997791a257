"""Clips of different lengths in one tensor, and dropout by a generator of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """The outputs of the model of frames for the frames of B clips in order of time; clips that are shorter than T end with zeros."""

    logits_BTK: Tensor
    features_BTD: Tensor
    mask_BT: Tensor
    """float32, 1 for a frame and 0 for padding"""

    @classmethod
    def of(cls, logits_NK: Tensor, features_ND: Tensor, clips: Sequence[Tensor]) -> Self:
        """The batch of clips, each of which is given by the rows of its frames, at least one."""
        lengths = torch.tensor([len(rows) for rows in clips])
        longest = int(lengths.max())
        mask_BT = (torch.arange(longest) < lengths[:, None]).float()
        rows_BT = torch.stack([torch.cat([rows, rows.new_zeros(longest - len(rows))]) for rows in clips])
        return cls(logits_NK[rows_BT] * mask_BT[..., None], features_ND[rows_BT] * mask_BT[..., None], mask_BT)


def dropped(values: Tensor, probability: float, generator: torch.Generator | None) -> Tensor:
    """Dropout, drawn by `generator`; the values themselves without it."""
    if generator is None:
        return values
    kept = torch.bernoulli(torch.full_like(values, 1 - probability), generator=generator)
    return values * kept / (1 - probability)
