"""The batches of a training: images, classes, and whatever else has a row per image."""

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from typing_extensions import override

from mien.store.face_images import Images
from mien.store.faces import FaceSet
from mien.training.samplers import EpochBatches

VALIDATION_BATCH = 64
Fetched = tuple[Tensor, Tensor]
"""the rows of a batch and their images"""


def training_loader(faces: FaceSet, batches: EpochBatches, *more: Tensor | None) -> "DataLoader[tuple[Tensor, ...]]":
    """A loader of the images, the classes and the tensors in `more` (each with a row per image) of the batches of an epoch."""
    return _loader(faces, batches, *more)


def validation_loader(faces: FaceSet) -> "DataLoader[tuple[Tensor, ...]]":
    """A loader of all images and classes in order."""
    return _loader(faces, torch.split(torch.arange(len(faces)), VALIDATION_BATCH))


def _loader(faces: FaceSet, batches: EpochBatches | Sequence[Tensor], *more: Tensor | None) -> "DataLoader[tuple[Tensor, ...]]":
    # Worker processes of the DataLoader would only copy images that are in memory, or decode others no sooner than threads do.
    columns = _Columns([faces.targets_N, *(column for column in more if column is not None)])
    return DataLoader(columns, batch_size=None, sampler=_Fetching(faces.images, batches))


class _Fetching(Iterable[Fetched]):
    """A sampler that yields the rows of each batch together with their images, because only a sampler sees what the next batches are."""

    def __init__(self, images: Images, batches: EpochBatches | Sequence[Tensor]) -> None:
        self._images, self._batches = images, batches

    def set_epoch(self, epoch: int) -> None:
        """Sets the epoch; Lightning calls this before each one."""
        if isinstance(self._batches, EpochBatches):
            self._batches.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self._batches)

    @override
    def __iter__(self) -> Iterator[Fetched]:
        yield from self._images.batches(self._batches)


class _Columns(Dataset[tuple[Tensor, ...]]):
    """The images of a batch and its rows of the columns."""

    def __init__(self, columns: list[Tensor]) -> None:
        self._columns = columns

    @override
    def __getitem__(self, fetched: Fetched) -> tuple[Tensor, ...]:
        rows, images = fetched
        return images, *(column[rows] for column in self._columns)
