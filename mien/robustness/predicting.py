"""Predicts faces as they are, and under every corruption at every strength.

Shapes: N images, S×S pixels, C corruptions, G = 5 strengths, K classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from mien.core.errors import TableError
from mien.robustness.corrupting import corrupted, corruption
from mien.robustness.corruption import NUM_STRENGTHS, Pixels
from mien.robustness.faces import StoredFaces, sized

BATCH_SIZE = 64


@dataclass(frozen=True)
class CorruptedLogits:
    """The outputs of a network."""

    clean_NK: NDArray[np.float32]
    worse_CGNK: NDArray[np.float32]
    """NaN where a corruption needs landmarks and the face has none"""


def predict_corrupted(
    logits_of: Callable[[Tensor], Tensor],
    faces: StoredFaces,
    names: Sequence[str],
    *,
    size_px: int,
    num_classes: int,
    seed: int,
    progress: str | None = None,
) -> CorruptedLogits:
    """The logits of the faces, and of the faces under each of the corruptions `names`. Few faces are decoded at a time.

    `logits_of` maps uint8 images B×3×S×S of side `size_px` to logits B×K. `progress` names a progress bar; None shows none. Raises
    TableError if a logit is not finite.
    """
    clean_NK = np.full((len(faces), num_classes), np.nan, dtype=np.float32)
    worse_CGNK = np.full((len(names), NUM_STRENGTHS, len(faces), num_classes), np.nan, dtype=np.float32)
    corruptions = [corruption(name) for name in names]
    starts = range(0, len(faces), BATCH_SIZE)
    for start in tqdm(starts, desc=progress, unit="batch", disable=progress is None):
        ids = faces.sample_ids[start : start + BATCH_SIZE]
        batch = [faces.face(name) for name in ids]
        clean_NK[start : start + len(batch)] = _predicted(logits_of, [face.image_SS3 for face in batch], size_px)
        for number, (name, own) in enumerate(zip(names, corruptions, strict=True)):
            able = [place for place, face in enumerate(batch) if face.has_landmarks or not own.needs_landmarks]
            for strength in range(1, NUM_STRENGTHS + 1) if able else ():
                worse = [corrupted(batch[place], name, strength, seed=seed, sample_id=ids[place]) for place in able]
                worse_CGNK[number, strength - 1, [start + place for place in able]] = _predicted(logits_of, worse, size_px)
    return CorruptedLogits(clean_NK, worse_CGNK)


def _predicted(logits_of: Callable[[Tensor], Tensor], images_SS3: Sequence[Pixels], size_px: int) -> NDArray[np.float32]:
    images_BSS3 = np.stack([sized(image_SS3, size_px) for image_SS3 in images_SS3])
    logits_BK: NDArray[np.float32] = logits_of(torch.from_numpy(images_BSS3).permute(0, 3, 1, 2)).numpy()
    if not np.isfinite(logits_BK).all():
        raise TableError("the network gives logits that are not finite, so its training diverged; train it again with a smaller train.lr")
    return logits_BK
