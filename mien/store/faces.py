"""Loads stored faces as tensors. Each face is decoded once per run. Shapes: N faces, 3 channels, S×S pixels."""

import io
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from mien.core.errors import TableError
from mien.core.parallel import num_processes
from mien.store.encoding import square_pixels
from mien.store.shards import read_shard, shards_of
from mien.store.tables import FACES


@dataclass(frozen=True)
class FaceSet:
    """Faces with their targets, in the order of the rows given to `load_faces`."""

    images_N3SS: Tensor
    """uint8 RGB"""
    targets_N: Tensor
    """int64, index into the classes"""
    sample_ids: tuple[str, ...]
    shares_NK: Tensor | None = None
    """float32, share of the votes for each class (labels.from_votes: distribution); None if no image has votes"""

    def __len__(self) -> int:
        return len(self.sample_ids)

    def class_counts(self, num_classes: int) -> list[int]:
        """The number of faces of each class."""
        counts: list[int] = torch.bincount(self.targets_N, minlength=num_classes).tolist()
        return counts


def load_faces(folder: Path, rows: pd.DataFrame, *, classes: Sequence[str], max_px: int, workers: int = 0) -> FaceSet:
    """Loads the stored face of each row (columns sample_id, label and perhaps shares). Each label must be one of `classes`.

    All faces are returned at one size: the stored size if all faces share it and it is at most `max_px`, else `max_px`. Each face is
    therefore resized at most once, here or on the device, whatever the other faces are. Memory: 3·S² bytes per row.
    Raises TableError if a face is missing or a label is not one of `classes`.
    """
    index = {name: number for number, name in enumerate(classes)}
    if strange := sorted(set(rows["label"]) - set(index)):
        raise TableError(f"the splits hold {', '.join(map(repr, strange))}, none of the classes {', '.join(classes)}; run `dvc repro`")
    sample_ids = tuple(rows["sample_id"])
    encoded = _encoded(folder, set(sample_ids))
    if missing := sorted(set(sample_ids) - set(encoded)):
        raise TableError(f"{folder} lacks {len(missing)} of {len(set(sample_ids))} faces, such as {missing[0]}; run `dvc repro`")
    side_px = _common_side(encoded.values(), max_px)
    images_NSS3 = np.empty((len(sample_ids), side_px, side_px, 3), dtype=np.uint8)
    places: dict[str, list[int]] = {}
    for place, name in enumerate(sample_ids):
        places.setdefault(name, []).append(place)

    def decode(name: str) -> None:
        images_NSS3[places[name]] = square_pixels(encoded[name], side_px=side_px)

    with ThreadPoolExecutor(num_processes(workers)) as pool:  # Pillow releases the global interpreter lock to decode and resize
        for _ in pool.map(decode, places):
            pass
    targets_N = torch.tensor([index[label] for label in rows["label"]], dtype=torch.int64)
    # Channels are last in memory, so that batches need no transposition for networks that use the channels-last format.
    return FaceSet(torch.from_numpy(images_NSS3).permute(0, 3, 1, 2), targets_N, sample_ids, _shares(rows, targets_N, len(classes)))


def _shares(rows: pd.DataFrame, targets_N: Tensor, num_classes: int) -> Tensor | None:
    """The shares of the votes; an image without votes has its label only."""
    if "shares" not in rows or rows["shares"].isna().all():
        return None
    shares_NK = torch.nn.functional.one_hot(targets_N, num_classes).to(torch.float32)
    for place, shares in enumerate(rows["shares"]):
        if shares is not None:
            shares_NK[place] = torch.from_numpy(np.array(shares, dtype=np.float32))
    return shares_NK


def _encoded(folder: Path, wanted: set[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for digit in shards_of(folder):
        shard = read_shard(folder, digit, FACES, ["sample_id", "image"])
        names, images = shard.column("sample_id").to_pylist(), shard.column("image")
        found |= {name: images[row].as_py() for row, name in enumerate(names) if name in wanted}
    return found


def _common_side(encoded: Iterable[bytes], max_px: int) -> int:
    """The side that all images share, if it is less than `max_px`; else `max_px`. Only headers are read, and as few as possible."""
    side: int | None = None
    for content in encoded:
        with Image.open(io.BytesIO(content)) as image:
            if image.width >= max_px or side not in (None, image.width):
                return max_px
            side = image.width
    return side or max_px
