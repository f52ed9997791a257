"""The images on which an export is proved and calibrated. Shapes: N images, 3 colours, S×S side."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.core.errors import TableError

NUM_PROOF = 256
NUM_CALIBRATION = 256  # with twice as many, the predictions for 2,000 test images of FER2013 agree as well with single precision
NUM_DRAWN = 32
EXPRESSIONS = ("angry", "fear", "happy", "sad", "surprise")


def stored_squares(faces: Path, splits: Path, *, split: str, num: int, size_px: int) -> NDArray[np.uint8]:
    """Faces of one split, RGB uint8 N×3×S×S: `num` or, if there are fewer, all; the first by sample_id, which is a random order.

    Raises TableError if a table is missing, or if the split has no faces.
    """
    from mien.store.faces import load_faces
    from mien.store.tables import SPLITS, read_table

    rows = read_table(splits, SPLITS)
    rows = rows[rows["split"] == split].drop_duplicates("sample_id").sort_values("sample_id").head(num)[["sample_id", "label"]]
    if rows.empty:
        raise TableError(f"{splits} has no images of the split {split}; run `dvc repro split`")
    images_N3SS = load_faces(faces, rows, classes=sorted(set(rows["label"])), max_px=size_px).images_N3SS.numpy()
    if images_N3SS.shape[-1] != size_px:  # the chosen ones may all be smaller than others
        images_N3SS = np.stack([_resized(image_3SS, size_px) for image_3SS in images_N3SS])
    return np.ascontiguousarray(images_N3SS)


def drawn_squares(*, num: int, size_px: int, grey: bool) -> NDArray[np.uint8]:
    """Faces that mien draws, RGB uint8 N×3×S×S, for a model whose images are not here; the same ones for the same arguments."""
    from mien.sample.portrait import draw_portrait

    squares = []
    for index in range(num):
        picture = draw_portrait(EXPRESSIONS[index % len(EXPRESSIONS)], np.random.default_rng([7, index]), size_px=max(64, size_px))
        side_px = min(picture.size)
        left_px, top_px = ((length_px - side_px) // 2 for length_px in picture.size)
        square = picture.crop((left_px, top_px, left_px + side_px, top_px + side_px)).resize((size_px, size_px), Image.Resampling.BILINEAR)
        squares.append(np.asarray(square.convert("L").convert("RGB") if grey else square).transpose(2, 0, 1))
    return np.stack(squares)


def _resized(image_3SS: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    image = Image.fromarray(np.ascontiguousarray(image_3SS.transpose(1, 2, 0)))
    return np.asarray(image.resize((size_px, size_px), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
