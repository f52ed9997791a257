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


def class_balanced(targets_N: Indices, *, rng: np.random.Generator) -> Indices:
    """N draws, every class as often as any other, to within one; no image of a class comes again before all of them have come."""
    num = len(targets_N)
    classes_K = rng.permutation(np.unique(targets_N))  # the first get the draws that are left over
    drawn_N = rng.permutation(np.resize(classes_K, num))
    order = np.empty(num, dtype=np.int64)
    for name in classes_K:
        places, images = np.flatnonzero(drawn_N == name), np.flatnonzero(targets_N == name)
        num_rounds = -(-len(places) // len(images))
        order[places] = rng.permuted(np.tile(images, (num_rounds, 1)), axis=1).reshape(-1)[: len(places)]
    return order


SAMPLERS = {"shuffled": shuffled, "weighted": weighted, "class_balanced": class_balanced}


class EpochBatches:
    """A sampler for a DataLoader that takes batches whole: yields one tensor of indices per batch.

    Batches of an epoch are of one size, to within one image, at most one over `batch_size`, and never of a single image, of which
    batch norm could make nothing.

    `even`: their sizes are even, the same to within two, and at most `batch_size`; of an odd number of images the last drawn is left out.
    `accumulate`: their number is a multiple of it, so that every step adds up as many, unless that would make batches of a single image.
    """

    def __init__(
        self, targets_N: Tensor, *, sampler: str, batch_size: int, seed: int, stage: int, even: bool = False, accumulate: int = 1
    ) -> None:
        assert len(targets_N) > 1 and batch_size > 1
        self._targets_N = targets_N.numpy()
        self._draw = SAMPLERS[sampler]
        self._stream = {"seed": seed, "stage": stage}
        self._unit = 2 if even else 1  # images that stay in one batch
        self._num_units = len(targets_N) // self._unit
        most = len(targets_N) // 2
        fitting = max(1, min(-(-self._num_units // (batch_size // self._unit)), most))
        whole_steps = -(-fitting // accumulate) * accumulate
        self._num_batches = whole_steps if whole_steps <= most else fitting
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._num_batches

    def __iter__(self) -> Iterator[Tensor]:
        # A generator: the order is drawn when the first batch is asked for, because a resumed Trainer sets the epoch after it calls iter.
        order = self._draw(self._targets_N, rng=random_stream("order", epoch=self._epoch, **self._stream))
        units = order[: self._num_units * self._unit].reshape(self._num_units, self._unit)
        yield from (torch.from_numpy(part.reshape(-1)) for part in np.array_split(units, self._num_batches))
