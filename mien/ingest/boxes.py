"""The faces that a data set's own files mark, as shares of the images, whose size the later stages change."""

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from mien.core.plural import plural
from mien.ingest.layouts import Box, Facts

_SIDEWAYS = (5, 6, 7, 8)  # values of the EXIF orientation with which width and height change places


def box_rows(rows: Sequence[dict[str, Any]], facts: Mapping[str, Facts], content: Callable[[str], bytes]) -> list[dict[str, Any]]:
    """The rows of BOXES of the images that have a box. `content` returns the bytes of a sample_id.

    The data sets give a box in pixels of the image as a decoder shows it, upright. What lies outside the image is cut off. A box of which
    nothing is left is none, and so is that of an image whose size cannot be read, which `convert` rejects.
    """
    found = []
    for row in rows:
        box = facts[row["path"]].box if row["sample_id"] is not None and row["path"] in facts else None
        size_px = None if box is None else _upright_px(content(row["sample_id"]))
        if box is not None and size_px is not None and (shares := _shares(box, *size_px)) is not None:
            found.append({"path": row["path"], "box": list(shares)})
    return found


def _shares(box: Box, width_px: int, height_px: int) -> Box | None:
    """The box within the image, as shares of its size; None if it has no area there."""
    if not all(map(math.isfinite, box)):
        return None
    left, right = (min(max(x / width_px, 0.0), 1.0) for x in (box[0], box[2]))
    top, bottom = (min(max(y / height_px, 0.0), 1.0) for y in (box[1], box[3]))
    return (left, top, right, bottom) if left < right and top < bottom else None


def _upright_px(content: bytes) -> tuple[int, int] | None:
    """Width and height after the EXIF orientation is applied; only the head of the file is decoded."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            width_px, height_px = image.size
            return (height_px, width_px) if image.getexif().get(ExifTags.Base.Orientation) in _SIDEWAYS else (width_px, height_px)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def box_remarks(num_boxes: int, images: Sequence[dict[str, Any]], facts: Mapping[str, Facts]) -> Iterator[str]:
    """Says how many boxes there are, and warns of those that were none, if the data set gives any."""
    given = sum(row["path"] in facts and facts[row["path"]].box is not None for row in images)
    if given:
        yield f"ingest: {num_boxes} of {plural(len(images), 'image')} with a box of the face, which faces.detector: given uses"
    if num_boxes < given:
        yield f"warning: {plural(given - num_boxes, 'box', 'boxes')} outside the image, or of an image that cannot be read"
