"""Loads stored faces with their targets. Shapes: N faces, 3 channels, S×S pixels, K classes."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from mien.core.errors import TableError
from mien.store.decoding import Decoding
from mien.store.face_images import Images, InMemory, InShards
from mien.store.places import OpenShards, Places, locate
from mien.store.tables import FACES

AT_ONCE = Decoding()


@dataclass(frozen=True)
class FaceSet:
    """Faces with their targets, in the order of the rows given to `load_faces`."""

    images: Images
    """uint8 RGB, in memory or in the shards"""
    targets_N: Tensor
    """int64, index into the classes"""
    sample_ids: tuple[str, ...]
    shares_NK: Tensor | None = None
    """float32, share of the votes for each class (labels.from_votes: distribution); None if no image has votes"""

    def __len__(self) -> int:
        return len(self.sample_ids)

    @property
    def images_N3SS(self) -> Tensor:
        """All images as one tensor, for sets that are known to be small."""
        return self.images.all()

    @property
    def is_in_memory(self) -> bool:
        """Whether the faces are decoded already."""
        return isinstance(self.images, InMemory)

    def class_counts(self, num_classes: int) -> list[int]:
        """The number of faces of each class."""
        counts: list[int] = torch.bincount(self.targets_N, minlength=num_classes).tolist()
        return counts


def load_faces(folder: Path, rows: pd.DataFrame, *, classes: Sequence[str], max_px: int, decoding: Decoding = AT_ONCE) -> FaceSet:
    """Loads the stored face of each row (columns sample_id, label and perhaps shares). Each label must be one of `classes`.

    All faces are returned at one size: the stored size if all faces share it and it is at most `max_px`, else `max_px`. Each face is
    therefore resized at most once, here or on the device, whatever the other faces are.
    Decoded faces take 3·S² bytes per row. If the memory of `decoding` has not so many left, they are decoded in batches when they are
    used, which gives the same images.
    Raises TableError if a face is missing or a label is not one of `classes`.
    """
    index = {name: number for number, name in enumerate(classes)}
    if strange := sorted(set(rows["label"]) - set(index)):
        raise TableError(f"the splits hold {', '.join(map(repr, strange))}, none of the classes {', '.join(classes)}; run `dvc repro`")
    sample_ids = tuple(rows["sample_id"])
    places, side_px = _located(folder, sample_ids, max_px)
    images: Images = InShards(places, side_px=side_px, workers=decoding.workers)
    if decoding.memory is None or decoding.memory.reserve(3 * side_px**2 * len(sample_ids)):
        images = InMemory(images.all())
    targets_N = torch.tensor([index[label] for label in rows["label"]], dtype=torch.int64)
    return FaceSet(images, targets_N, sample_ids, _shares(rows, targets_N, len(classes)))


def _located(folder: Path, sample_ids: Sequence[str], max_px: int) -> tuple[Places, int]:
    """Where each face stands, and the side at which all are returned."""
    shards, side = OpenShards(folder, FACES), _CommonSide(max_px)
    number = {name: place for place, name in enumerate(dict.fromkeys(sample_ids))}
    shard_N, offset_N = np.zeros(len(number), np.uint16), np.zeros(len(number), np.int64)
    length_N = np.zeros(len(number), np.uint32)
    missing = set(number)
    for name, shard, offset, content in locate(shards, number):
        own = number[name]
        shard_N[own], offset_N[own], length_N[own] = shard, offset, len(content)
        side.see(content)
        missing.discard(name)
    if missing:
        raise TableError(f"{folder} lacks {len(missing)} of {len(number)} faces, such as {min(missing)}; run `dvc repro`")
    rows = np.array([number[name] for name in sample_ids], dtype=np.int64)  # a face may have several rows
    return Places(shards, shard_N, offset_N, length_N)[rows], side.side_px


def _shares(rows: pd.DataFrame, targets_N: Tensor, num_classes: int) -> Tensor | None:
    """The shares of the votes; an image without votes has its label only."""
    if "shares" not in rows or rows["shares"].isna().all():
        return None
    shares_NK = torch.nn.functional.one_hot(targets_N, num_classes).to(torch.float32)
    for place, shares in enumerate(rows["shares"]):
        if shares is not None:
            shares_NK[place] = torch.from_numpy(np.array(shares, dtype=np.float32))
    return shares_NK


class _CommonSide:
    """The side that all images share, if it is less than `max_px`; else `max_px`. Only headers are read, and as few as possible."""

    def __init__(self, max_px: int) -> None:
        self._max_px, self._side = max_px, 0

    @property
    def side_px(self) -> int:
        return self._side or self._max_px

    def see(self, content: bytes) -> None:
        """Takes another image into account."""
        if self._side == self._max_px:
            return
        with Image.open(io.BytesIO(content)) as image:
            self._side = image.width if image.width < self._max_px and self._side in (0, image.width) else self._max_px
