"""Reads all 16 bits of colour images, of which Pillow keeps only the upper 8."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Pillow's raw mode of an image's levels, and the raw mode with which it reads the lower byte instead of the upper one.
_LOWER = {f"{mode};16{order}": f"{mode};16{other}" for mode in ("RGB", "RGBA", "RGBX") for order, other in ("BL", "LB", "NB")}


def sixteen_bits(content: bytes, kind: str, page: int = 0) -> NDArray[np.uint16] | None:
    """Levels, H × W × 1 or 3, of a PNG or a page of a TIFF; None if it does not have 16 bits per channel. Transparency is left out."""
    with Image.open(io.BytesIO(content), formats=(kind,)) as image:
        image.seek(page)
        args: Any = image.tile[0].args
        layout = args if isinstance(args, str) else args[0] if args else ""
        is_grey = image.mode.startswith("I;16")
    if is_grey:
        return _decoded(content, kind, page, layout).astype(np.uint16)[..., None]
    if layout == "LA;16B":  # read as RGBA, a pixel's four bytes stay unchanged
        bytes_HW4 = _decoded(content, kind, page, "RGBA").astype(np.uint16)
        return _joined(bytes_HW4[..., :1], bytes_HW4[..., 1:2])
    if layout not in _LOWER:
        return None
    return _joined(*(_decoded(content, kind, page, order)[..., :3].astype(np.uint16) for order in (layout, _LOWER[layout])))


def _joined(upper: NDArray[np.uint16], lower: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return np.bitwise_or(np.left_shift(upper, np.uint16(8)), lower, dtype=np.uint16)


def _decoded(content: bytes, kind: str, page: int, layout: str) -> NDArray[Any]:
    with Image.open(io.BytesIO(content), formats=(kind,)) as image:
        image.seek(page)
        image.tile = [tile._replace(args=_with_layout(tile.args, layout)) for tile in image.tile]
        return np.asarray(image)


def _with_layout(args: Any, layout: str) -> Any:
    return layout if isinstance(args, str) else (layout, *args[1:])
