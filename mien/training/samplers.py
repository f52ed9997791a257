"""Which images an epoch uses, and in which order: a pure function of seed, stage and epoch, so a resumed training gets the same batches.

Shapes: N images, K classes.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.core.errors import TrainingError

Indices = NDArray[np.int64]


def random_stream(purpose: str, *, seed: int, stage: int, epoch: int) -> np.random.Generator:
    """A separate stream of random numbers for each purpose, stage and epoch."""
    return np.random.default_rng([seed, stage, epoch, *purpose.encode()])


def shuffled(targets_N: Indices, *, rng: np.random.Generator) -> Indices:
    """Returns every image once, in random order."""
    return rng.permutation(len(targets_N))


def weighted(targets_N: Indices, *, rng: np.random.Generator) -> Indices:
    """Draws N images with replacement; an image of class k has weight 1/n_k, so every class is equally likely."""
    weights_N = 1.0 / np.bincount(targets_N)[targets_N]
    return rng.choice(len(targets_N), size=len(targets_N), p=weights_N / weights_N.sum())


def class_balanced(targets_N: Indices, *, rng: np.random.Generator) -> Indices:
    """Draws N images, each class equally often to within one; an image is repeated only after all images of its class have been drawn."""
    num = len(targets_N)
    classes_K = rng.permutation(np.unique(targets_N))  # the first classes get the remaining draws
    drawn_N = rng.permutation(np.resize(classes_K, num))
    order = np.empty(num, dtype=np.int64)
    for name in classes_K:
        places, images = np.flatnonzero(drawn_N == name), np.flatnonzero(targets_N == name)
        num_rounds = -(-len(places) // len(images))
        order[places] = rng.permuted(np.tile(images, (num_rounds, 1)), axis=1).reshape(-1)[: len(places)]
    return order


def reversed_classes(targets_N: Indices, *, rng: np.random.Generator) -> Indices:
    """Draws N images with replacement: class k with probability (1/n_k) / Σ_j (1/n_j), then each of its images alike.

    The reversed sampler of Zhou et al. 2020 (CVPR): an image of class k has the weight 1/n_k².
    """
    weights_N = 1.0 / np.bincount(targets_N)[targets_N] ** 2.0
    return rng.choice(len(targets_N), size=len(targets_N), p=weights_N / weights_N.sum())


SAMPLERS = {"shuffled": shuffled, "weighted": weighted, "class_balanced": class_balanced, "reversed": reversed_classes}


class EpochBatches:
    """A sampler for a DataLoader with automatic batching off: it yields one tensor of indices per batch.

    The batches of an epoch differ in size by one image at most, exceed `batch_size` by one at most, and never hold a single image,
    because batch norm cannot normalise a single image.

    `even`: batch sizes are even, differ by two at most, and do not exceed `batch_size`; if the number of images is odd, the last one
    drawn is left out.
    `accumulate`: the number of batches is a multiple of it, so that every step accumulates equally many, unless that would give batches
    of a single image.
    `second`: each batch is followed by a second one of equal size, in the same tensor, which this other sampler draws.
    """

    def __init__(
        self,
        targets_N: Tensor,
        *,
        sampler: str,
        batch_size: int,
        seed: int,
        stage: int,
        even: bool = False,
        accumulate: int = 1,
        second: str = "",
    ) -> None:
        assert len(targets_N) > 1 and batch_size > 1
        self._targets_N = targets_N.numpy()
        self._draws = {"order": SAMPLERS[sampler]} | ({"second": SAMPLERS[second]} if second else {})
        self._stream = {"seed": seed, "stage": stage}
        self._unit = 2 if even else 1  # images that must stay in one batch
        self._num_units = len(targets_N) // self._unit
        most = len(targets_N) // 2
        fitting = max(1, min(-(-self._num_units // (batch_size // self._unit)), most))
        whole_steps = -(-fitting // accumulate) * accumulate
        self._num_batches = whole_steps if whole_steps <= most else fitting
        self._epoch = 0

    def require_rows(self, num_processes: int, *, model: str) -> None:
        """Raises TrainingError if the smallest batch has fewer images than there are processes."""
        smallest = self._num_units // self._num_batches * self._unit
        if smallest < num_processes:
            raise TrainingError(
                f"runtime.devices: {num_processes} processes need as many images in each batch, but with {len(self._targets_N)} training "
                f"images a batch of {model} has only {smallest}; use fewer processes, or raise models.{model}.train.batch_size"
            )

    def set_epoch(self, epoch: int) -> None:
        """Sets the epoch; Lightning calls this before each one."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._num_batches

    def __iter__(self) -> Iterator[Tensor]:
        # This is a generator because a resumed Trainer sets the epoch only after it calls iter: the order is drawn with the first batch.
        split = []
        for purpose, draw in self._draws.items():
            order = draw(self._targets_N, rng=random_stream(purpose, epoch=self._epoch, **self._stream))
            units = order[: self._num_units * self._unit].reshape(self._num_units, self._unit)
            split.append(np.array_split(units, self._num_batches))
        yield from (torch.from_numpy(np.concatenate([part.reshape(-1) for part in parts])) for parts in zip(*split, strict=True))
