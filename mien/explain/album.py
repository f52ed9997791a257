"""The images to which galleries and failures refer: faces, and faces under the map of a class. Each image is made once.

Shapes: S×S pixels, 3 colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.predict.drawing.overlay import Picture, overlay
from mien.store.face_images import Images
from mien.store.faces import FaceSet
from mien.store.thumbnails import FACE_PX, webp

NEIGHBOUR_PX = 64
"""side of a small image that is shown beside another"""
FACE_QUALITY, MAP_QUALITY = 70, 65
"""WebP quality: at this size no artefacts are visible, and the report of fifteen models stays below 15 MB"""


@dataclass
class Album:
    """Images by name. `face`, `neighbour`, `map` and `add` add an image to the album and return its name."""

    _faces: dict[str, tuple[Images, int]] = field(default_factory=dict)
    _maps: dict[tuple[str, str], NDArray[np.float32]] = field(default_factory=dict)
    _shown: dict[str, tuple[Picture, int, int]] = field(default_factory=dict)

    def add_faces(self, faces: FaceSet) -> None:
        """Register faces; a face is part of the album only after it was requested by name."""
        self._faces |= {name: (faces.images, row) for row, name in enumerate(faces.sample_ids)}

    def add_maps(self, sample_ids: Sequence[str], class_names: Sequence[str], maps_NSS: Tensor) -> None:
        """Register maps with values in [0, 1], each for one class of one face, in the size of the face."""
        for sample_id, name, map_SS in zip(sample_ids, class_names, maps_NSS.numpy(), strict=True):
            self._maps[sample_id, name] = map_SS

    def face(self, sample_id: str) -> str:
        """Add a face and return its name."""
        return self._show(f"face/{sample_id}", self._pixels(sample_id), FACE_PX, FACE_QUALITY)

    def neighbour(self, sample_id: str) -> str:
        """Add a face that is shown small beside another, and return its name."""
        name = f"face/{sample_id}"
        return name if name in self._shown else self._show(name, self._pixels(sample_id), NEIGHBOUR_PX, FACE_QUALITY)

    def map(self, sample_id: str, class_name: str) -> str:
        """Add a face under its map for one class, and return its name."""
        picture_SS3 = overlay(self._pixels(sample_id), self._maps[sample_id, class_name])
        return self._show(f"map/{sample_id}/{class_name}", picture_SS3, FACE_PX, MAP_QUALITY)

    def add(self, name: str, picture_SS3: Picture) -> str:
        """Add any other image and return its name."""
        return self._show(name, picture_SS3, FACE_PX, MAP_QUALITY)

    def picture(self, name: str) -> Picture:
        """Return an image of the album."""
        return self._shown[name][0]

    def encoded(self) -> dict[str, bytes]:
        """Return all requested images as WebP, by name."""
        return {name: webp(picture_SS3, max_px=max_px, quality=quality) for name, (picture_SS3, max_px, quality) in self._shown.items()}

    def _pixels(self, sample_id: str) -> Picture:
        images, row = self._faces[sample_id]
        picture_SS3: Picture = images.batch(torch.tensor([row]))[0].permute(1, 2, 0).numpy()
        return picture_SS3

    def _show(self, name: str, picture_SS3: Picture, max_px: int, quality: int) -> str:
        if name not in self._shown or self._shown[name][1] < max_px:
            self._shown[name] = (picture_SS3, max_px, quality)
        return name
