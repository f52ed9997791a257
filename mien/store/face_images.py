"""The images of a set of faces: in memory, or read from the shards and decoded batch by batch. Both give the same batches.

Shapes: N images, 3 channels, S×S pixels; channels are last in memory, so that batches need no transposition for networks that use the
channels-last format.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.core.parallel import num_processes
from mien.store.encoding import square_pixels
from mien.store.places import Places

Pixels = NDArray[np.uint8]

AHEAD = 2
"""number of batches that are decoded while one is used; they are what is in memory"""
PART = 64
"""images that a thread decodes at a time if all are decoded"""


class Images(Protocol):
    """N square images of one side, uint8 RGB."""

    @property
    def side_px(self) -> int:
        """The side of every image."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | list[int]) -> "Images":
        """Some of the images, which are not decoded by that."""

    def batch(self, rows: Tensor) -> Tensor:
        """The images of these rows, B×3×S×S."""

    def batches(self, batches: Iterable[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """The rows and the images of each batch, in order; `batches` may be drawn from some batches ahead."""

    def split(self, batch_size: int) -> Iterator[Tensor]:
        """All images in order, in batches of this size; the last one may be smaller."""

    def all(self) -> Tensor:
        """All images as one tensor, N×3×S×S. Memory: 3·S² bytes per image."""


class InMemory:
    """Images that are decoded already."""

    def __init__(self, images_N3SS: Tensor) -> None:
        self._images_N3SS = images_N3SS

    @property
    def side_px(self) -> int:
        return self._images_N3SS.shape[-1]

    def __len__(self) -> int:
        return len(self._images_N3SS)

    def __getitem__(self, rows: slice | list[int]) -> "InMemory":
        return InMemory(self._images_N3SS[rows])

    def batch(self, rows: Tensor) -> Tensor:
        return self._images_N3SS[rows]

    def batches(self, batches: Iterable[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        return ((rows, self._images_N3SS[rows]) for rows in batches)

    def split(self, batch_size: int) -> Iterator[Tensor]:
        return iter(torch.split(self._images_N3SS, batch_size))

    def all(self) -> Tensor:
        return self._images_N3SS


class InShards:
    """Images that are read and decoded when a batch needs them, AHEAD batches before it is used.

    Threads do it: Pillow decodes and resizes without the global interpreter lock, and images need not be copied between processes.
    """

    def __init__(self, places: Places, *, side_px: int, workers: int = 0) -> None:
        """`workers` is the number of threads, one per core if it is 0."""
        self._places, self._side_px, self._workers = places, side_px, workers

    @property
    def side_px(self) -> int:
        return self._side_px

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, rows: slice | list[int]) -> "InShards":
        return InShards(self._places[rows], side_px=self._side_px, workers=self._workers)

    def batch(self, rows: Tensor) -> Tensor:
        images_BSS3 = self._empty(len(rows))
        self._decode(rows.tolist(), images_BSS3)
        return _channels_first(images_BSS3)

    def batches(self, batches: Iterable[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        threads = num_processes(self._workers)
        waiting: deque[tuple[Tensor, Pixels, list[Future[None]]]] = deque()

        def first() -> tuple[Tensor, Tensor]:
            rows, images_BSS3, parts = waiting.popleft()
            for part in parts:
                part.result()
            return rows, _channels_first(images_BSS3)

        with ThreadPoolExecutor(threads) as pool:
            try:
                for rows in batches:
                    images_BSS3 = self._empty(len(rows))
                    parts = zip(rows.tensor_split(threads), np.array_split(images_BSS3, threads), strict=True)
                    waiting.append((rows, images_BSS3, [pool.submit(self._decode, own.tolist(), part) for own, part in parts]))
                    if len(waiting) > AHEAD:
                        yield first()
                while waiting:
                    yield first()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def split(self, batch_size: int) -> Iterator[Tensor]:
        return (images for _, images in self.batches(torch.split(torch.arange(len(self)), batch_size)))

    def all(self) -> Tensor:
        images_NSS3 = self._empty(len(self))

        def decode(start: int) -> None:
            part = images_NSS3[start : start + PART]
            self._decode(range(start, start + len(part)), part)

        with ThreadPoolExecutor(num_processes(self._workers)) as pool:
            for _ in pool.map(decode, range(0, len(self), PART)):
                pass
        return _channels_first(images_NSS3)

    def _empty(self, num: int) -> Pixels:
        return np.empty((num, self._side_px, self._side_px, 3), dtype=np.uint8)

    def _decode(self, rows: Iterable[int], images_BSS3: Pixels) -> None:
        for image_SS3, row in zip(images_BSS3, rows, strict=True):
            image_SS3[:] = square_pixels(self._places.read(row), side_px=self._side_px)


def in_batches(images: Images | Tensor, batch_size: int) -> Iterator[Tensor]:
    """As `Images.split`, also of a tensor N×3×S×S."""
    return iter(torch.split(images, batch_size)) if isinstance(images, Tensor) else images.split(batch_size)


def _channels_first(images_NSS3: Pixels) -> Tensor:
    return torch.from_numpy(images_NSS3).permute(0, 3, 1, 2)
