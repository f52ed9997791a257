"""The model that is explained, and the computations with it.

Shapes: N images, S×S stored side, h×w grid, T classes per image.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from mien.config.model import ModelConfig
from mien.explain.faithfulness import Faithfulness, faithfulness
from mien.explain.features import pooled_features
from mien.explain.gradcam import grad_cam_each
from mien.explain.sanity import Sanity, sanity_check
from mien.models.build import ExpressionModel
from mien.store.face_images import Images
from mien.store.faces import FaceSet

_CHUNK = 64  # images per step of a progress bar


@dataclass(frozen=True)
class Subject:
    """A trained model on one device; long computations show a progress bar with the model's name."""

    model: ExpressionModel
    config: ModelConfig
    device: str

    @property
    def classes(self) -> list[str]:
        """The classes, in the order of the model's outputs."""
        return self.config.classes

    def numbers(self, names: Iterable[str]) -> Tensor:
        """Return the class names as class numbers, N."""
        place = {name: number for number, name in enumerate(self.classes)}
        return torch.tensor([place[name] for name in names], dtype=torch.int64)

    def maps(self, images: Images, targets_NT: Tensor, *, mirrored: bool = False, doing: str) -> Tensor:
        """Return Grad-CAM maps of images or of their mirror images, N×T×h×w; see grad_cam_each. `doing` is shown in the progress bar."""
        views = (images_B3SS.flip(-1) if mirrored else images_B3SS for images_B3SS in images.split(_CHUNK))
        parts = [
            grad_cam_each(self.model, view_B3SS, targets_NT[part], input_px=self.config.input_px, device=self.device)
            for part, view_B3SS in zip(self._parts(len(images), doing), views, strict=True)
        ]
        return torch.cat(parts)

    def features(self, faces: FaceSet) -> NDArray[np.float32]:
        """Return the pooled features of the faces, N×C."""
        return pooled_features(
            self.model, faces.images, input_px=self.config.input_px, device=self.device, progress=f"{self.config.name}: features"
        )

    def faithfulness(self, images_N3SS: Tensor, maps_Nhw: Tensor, targets_N: Tensor, *, seed: int) -> Faithfulness:
        """Return the curves of deletion and insertion, computed in the model's own precision."""
        curves = [
            faithfulness(
                self.model,
                images_N3SS[part],
                maps_Nhw[part],
                targets_N[part],
                input_px=self.config.input_px,
                seed=seed + part.start,
                precision=self.config.precision,
                device=self.device,
            )
            for part in self._parts(len(images_N3SS), "faithfulness")
        ]
        names = ("deletion", "insertion", "random_deletion", "random_insertion")
        return Faithfulness(**{name: np.concatenate([getattr(each, name) for each in curves]) for name in names})

    def sanity(self, images_N3SS: Tensor, maps_Nhw: Tensor, targets_N: Tensor, *, seed: int) -> Sanity:
        """Return how similar the maps stay with randomised weights."""
        return sanity_check(
            self.model,
            self.config,
            images_N3SS,
            targets_N,
            input_px=self.config.input_px,
            seed=seed,
            maps_Nhw=maps_Nhw,
            device=self.device,
        )

    def _parts(self, num: int, doing: str) -> Iterator[slice]:
        starts = tqdm(range(0, num, _CHUNK), desc=f"{self.config.name}: {doing}", unit="batch")
        return (slice(start, start + _CHUNK) for start in starts)
