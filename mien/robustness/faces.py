"""The stored faces that are made worse: before they are resized for a network, so that all models are tested on the same images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.core.errors import TableError
from mien.explain.landmarks import read_landmarks
from mien.robustness.corruption import Face, Pixels
from mien.store.encoding import stored_image
from mien.store.shards import read_store
from mien.store.tables import FACES


@dataclass(frozen=True)
class StoredFaces:
    """Encoded faces, which are decoded one by one."""

    sample_ids: tuple[str, ...]
    _contents: dict[str, bytes]
    _landmarks: dict[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.sample_ids)

    def has_landmarks(self, sample_id: str) -> bool:
        """Whether the detector found landmarks in a face, which is not decoded for that."""
        return bool(np.isfinite(self._landmarks[sample_id]).all())

    def face(self, sample_id: str) -> Face:
        """One face, decoded."""
        return Face(np.asarray(stored_image(self._contents[sample_id])), self._landmarks[sample_id])


def read_faces(folder: Path, sample_ids: Sequence[str]) -> StoredFaces:
    """Reads the faces, in the order of the ids, from the store `folder`. Raises TableError if one is missing."""
    stored = read_store(folder, FACES, ["sample_id", "image"], keep=set(sample_ids))
    contents = dict(zip(stored.column("sample_id").to_pylist(), stored.column("image").to_pylist(), strict=True))
    if missing := set(sample_ids) - set(contents):
        raise TableError(f"{folder} lacks {len(missing)} of {len(sample_ids)} faces, such as {min(missing)}; run `dvc repro`")
    return StoredFaces(tuple(sample_ids), contents, read_landmarks(folder, sample_ids))


def sized(image_SS3: Pixels, side_px: int) -> Pixels:
    """The image as a network is given it, resized as `mien.store.encoding.square_pixels` resizes a stored face."""
    if image_SS3.shape[0] == side_px:
        return image_SS3
    return np.asarray(Image.fromarray(image_SS3).resize((side_px, side_px), Image.Resampling.BILINEAR))
