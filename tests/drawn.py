"""The embedded set as params.yaml asks for it, and what cleaning leaves of it."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from mien.convert.decoding import decode
from mien.sample.mess import File

NUM_FACES, SEED, SIZE_PX = 450, 42, 160
Drawn = list[tuple[File, bytes]]


def survivors(drawn: Drawn) -> list[tuple[File, Image.Image]]:
    """One decoded picture per origin, of those that cleaning leaves: labelled, without a copy under another label."""
    conflicting = {file.origin for file, _ in drawn if file.kind == "conflicting_duplicate"}
    first = {}
    for file, content in drawn:
        if file.label and file.origin and file.origin not in conflicting and not file.kind.endswith("duplicate"):
            first[file.origin] = (file, decode(content, max_megapixels=1).image)
    return list(first.values())


def squares(pictures: list[Image.Image], side_px: int, mode: str) -> npt.NDArray[np.float64]:
    """The pictures fitted to squares, (N, side, side[, channels])."""
    return np.stack(
        [
            np.asarray(ImageOps.pad(picture.convert(mode), (side_px, side_px), Image.Resampling.BOX), dtype=np.float64)
            for picture in pictures
        ]
    )
