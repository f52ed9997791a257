"""Small pictures for pages and sheets: faces, and faces under their maps. Shapes: S×S pixels, 3 colours; h×w any grid."""

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from mien.store.tables import PICTURES, read_arrow, write_table

Picture = NDArray[np.uint8]

FACE_PX = 96
COLOURS = "inferno"  # brightness rises evenly with the heat, also in grey and for colour-blind eyes
COOLEST, HOTTEST = 0.2, 0.88  # of the colours: darker ones would blacken the face, paler ones whiten it
OPACITY = 0.6  # of the hottest place; the face stays visible below
FADING = 1.5  # exponent of the opacity: lukewarm places hardly tint the face


def webp(picture_SS3: Picture, *, max_px: int = FACE_PX, quality: int = 75) -> bytes:
    """An RGB picture as WebP, reduced to `max_px` a side if it is larger, never enlarged; the same picture, the same bytes."""
    image = Image.fromarray(picture_SS3)
    if max(image.size) > max_px:
        image.thumbnail((max_px, max_px), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, method=6)
    return file.getvalue()


def decoded(data: bytes) -> Picture:
    """The RGB picture in a file's bytes, S×S×3."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def overlay(picture_SS3: Picture, map_SS: NDArray[np.floating]) -> Picture:
    """The picture in grey under its map in [0, 1] of the same size: the hotter, the more of the map's colour, and at 0 the grey alone."""
    assert picture_SS3.shape[:2] == map_SS.shape, (picture_SS3.shape, map_SS.shape)
    grey_SS1 = np.asarray(Image.fromarray(picture_SS3).convert("L"), dtype=np.float64)[..., None]
    heat_SS = np.clip(np.asarray(map_SS, dtype=np.float64), 0, 1)
    colours_SS3 = _palette()[np.rint(heat_SS * 255).astype(np.intp)]
    alpha_SS1 = OPACITY * heat_SS[..., None] ** FADING
    return np.rint((1 - alpha_SS1) * grey_SS1 + alpha_SS1 * colours_SS3).astype(np.uint8)


@cache
def _palette() -> NDArray[np.float64]:
    """256 colours, 0-255, from cool to hot."""
    from matplotlib import colormaps  # here: whoever wants thumbnails alone need not wait for it

    colours = colormaps[COLOURS](np.linspace(COOLEST, HOTTEST, 256))[:, :3]
    palette: NDArray[np.float64] = colours * 255
    return palette


def write_pictures(path: Path, pictures: Mapping[str, bytes]) -> None:
    """Writes PICTURES, sorted by name, atomically: the same pictures, in whatever order, give the same bytes."""
    names = sorted(pictures)
    write_table(path, pa.table({"name": pa.array(names, pa.string()), "image": [pictures[name] for name in names]}, PICTURES), PICTURES)


def read_pictures(path: Path) -> dict[str, bytes]:
    """The pictures by name. Raises TableError if the file is missing or not as PICTURES says."""
    table = read_arrow(path, PICTURES)
    return dict(zip(table.column("name").to_pylist(), table.column("image").to_pylist(), strict=True))
