"""Which images an epoch sees, in which order: a pure function of seed, stage and epoch, so that a resumed training sees the same.

Shapes: N images, K classes.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Indices = NDArray[np.int64]


def random_stream(purpose: str, *, seed: int, stage: int, epoch: int) -> np.random.Generator:
    """Random numbers of their own for each purpose, stage and epoch."""
    return np.random.default_rng([seed, stage, epoch, *purpose.encode()])


def shuffled(targets_N: Indices, *, rng: np.random.Generator) -> Indices:
    """Every image once."""
    return rng.permutation(len(targets_N))


def weighted(targets_N: Indices, *, rng: np.random.Generator) -> Indices:
    """N draws with replacement, an image of class k with weight 1/n_k: every class is as likely as any other."""
    weights_N = 1.0 / np.bincount(targets_N)[targets_N]
    return rng.choice(len(targets_N), size=len(targets_N), p=weights_N / weights_N.sum())


SAMPLERS = {"shuffled": shuffled, "weighted": weighted}


class EpochBatches:
    """A sampler for a DataLoader that takes batches whole: yields one tensor of indices per batch.

    Batches of an epoch are of one size, to within one image, at most one over `batch_size`, and never of a single image, of which
    batch norm could make nothing.
    """

    def __init__(self, targets_N: Tensor, *, sampler: str, batch_size: int, seed: int, stage: int) -> None:
        assert len(targets_N) > 1
        self._targets_N = targets_N.numpy()
        self._draw = SAMPLERS[sampler]
        self._stream = {"seed": seed, "stage": stage}
        self._num_batches = max(1, min(-(-len(targets_N) // batch_size), len(targets_N) // 2))
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._num_batches

    def __iter__(self) -> Iterator[Tensor]:
        # A generator: the order is drawn when the first batch is asked for, because a resumed Trainer sets the epoch after it calls iter.
        order = self._draw(self._targets_N, rng=random_stream("order", epoch=self._epoch, **self._stream))
        yield from (torch.from_numpy(part) for part in np.array_split(order, self._num_batches))
