"""The pictures that galleries and failures name: faces, and faces under the map of a class; each made once.

Shapes: S×S pixels, 3 colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mien.explain.overlay import Picture, overlay
from mien.store.faces import FaceSet
from mien.store.thumbnails import FACE_PX, webp

NEIGHBOUR_PX = 64
"""side of a picture that stands small beside another"""
FACE_QUALITY, MAP_QUALITY = 70, 65
"""of WebP: at this size no fault is seen, and a page of fifteen models stays below 15 MB"""


@dataclass
class Album:
    """Pictures by name; `face`, `neighbour`, `map` and `add` give the name of one and remember it."""

    _faces: dict[str, Picture] = field(default_factory=dict)
    _maps: dict[tuple[str, str], NDArray[np.float32]] = field(default_factory=dict)
    _shown: dict[str, tuple[Picture, int, int]] = field(default_factory=dict)

    def add_faces(self, faces: FaceSet) -> None:
        """Makes the faces known; they are not in the album before they are asked for."""
        pictures_NSS3 = faces.images_N3SS.permute(0, 2, 3, 1).numpy()
        self._faces |= dict(zip(faces.sample_ids, pictures_NSS3, strict=True))

    def add_maps(self, sample_ids: Sequence[str], class_names: Sequence[str], maps_NSS: Tensor) -> None:
        """Makes the maps in [0, 1] known, each for one class of one face, at the face's size."""
        for sample_id, name, map_SS in zip(sample_ids, class_names, maps_NSS.numpy(), strict=True):
            self._maps[sample_id, name] = map_SS

    def face(self, sample_id: str) -> str:
        """The name of a face."""
        return self._show(f"face/{sample_id}", self._faces[sample_id], FACE_PX, FACE_QUALITY)

    def neighbour(self, sample_id: str) -> str:
        """The name of a face that stands small beside another."""
        name = f"face/{sample_id}"
        return name if name in self._shown else self._show(name, self._faces[sample_id], NEIGHBOUR_PX, FACE_QUALITY)

    def map(self, sample_id: str, class_name: str) -> str:
        """The name of a face under its map for one class."""
        picture_SS3 = overlay(self._faces[sample_id], self._maps[sample_id, class_name])
        return self._show(f"map/{sample_id}/{class_name}", picture_SS3, FACE_PX, MAP_QUALITY)

    def add(self, name: str, picture_SS3: Picture) -> str:
        """The name of any other picture."""
        return self._show(name, picture_SS3, FACE_PX, MAP_QUALITY)

    def picture(self, name: str) -> Picture:
        """A picture of the album."""
        return self._shown[name][0]

    def encoded(self) -> dict[str, bytes]:
        """All that was asked for, WebP by name."""
        return {name: webp(picture_SS3, max_px=max_px, quality=quality) for name, (picture_SS3, max_px, quality) in self._shown.items()}

    def _show(self, name: str, picture_SS3: Picture, max_px: int, quality: int) -> str:
        if name not in self._shown or self._shown[name][1] < max_px:
            self._shown[name] = (picture_SS3, max_px, quality)
        return name
