"""Converts levels of more than 8 bits, whole numbers or floats, to 8 bits. The level of white is taken from the file or estimated.

Cameras, scanners and scripts store 10, 12 or 14 bits in the lower bits of 16, and floats of any range. An image whose white cannot be
determined is rejected: a guess could make it too bright, and without scaling it would be nearly black.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.convert.decoding.reasons import Undecodable

# An image whose highest level is below this share of white would use at most 16 of 256 levels.
_NEARLY_BLACK = 1 / 16
_CLIPPED = (255, 1023, 4095, 16383)  # white of 8, 10, 12 and 14 bits
# In images stored as floats, resizing leaves overshoot at edges.
_OVERSHOOT = 0.05


@dataclass(frozen=True)
class Depth:
    """What a file states about its levels: `container_bits` is the stored width; `bits` is the number of significant bits, if stated."""

    container_bits: int = 16
    bits: int | None = None
    is_scaled: bool = False  # the decoder has already scaled them to the full range
    is_signed: bool = False
    is_inverted: bool = False  # 0 is white


def is_deep(image: Image.Image) -> bool:
    """Whether the image has levels that Pillow would clip at 255 instead of scaling them."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def eight_bits(image: Image.Image, depth: Depth) -> Image.Image:
    """Converts a deep grey image to 8 bits and keeps its `info`. Raises Undecodable if its white cannot be determined."""
    levels = np.asarray(image)
    if levels.dtype == np.int32 and depth.container_bits == 32 and not depth.is_signed:
        levels = levels.view(np.uint32)
    grey = Image.fromarray(_eight_bits(levels, _white(levels, depth), depth))
    grey.info = image.info
    return grey


def _eight_bits(levels: NDArray[np.generic], white: float, depth: Depth) -> NDArray[np.uint8]:
    share = levels.astype(np.float64) / white
    return np.rint(np.clip((1 - share if depth.is_inverted else share) * 255, 0, 255)).astype(np.uint8)


def eight_bit_colours(levels_HWC: NDArray[np.uint16], depth: Depth) -> Image.Image | None:
    """Converts levels that use only the lower bits of 16 to an RGB image; None if they use all. Raises Undecodable as `eight_bits` does."""
    white = _white(levels_HWC, depth)
    return None if white == 65535 else Image.fromarray(_eight_bits(levels_HWC, white, depth))


def _white(levels: NDArray[np.generic], depth: Depth) -> float:
    lowest, highest = float(levels.min()), float(levels.max())
    if np.issubdtype(levels.dtype, np.floating):
        return _white_of_floats(lowest, highest)
    if lowest < 0:
        raise Undecodable("unsupported", f"levels below 0, down to {lowest:.0f}")
    if depth.is_scaled:
        white = 65535.0
    elif depth.container_bits > 16 or depth.is_signed:  # whole numbers from a program, which rarely use all bits
        full = 2.0 ** (depth.container_bits - depth.is_signed) - 1
        ranges = (255.0, 65535.0, full) if depth.container_bits > 16 else (255.0, full)
        white = next(full for full in ranges if highest <= full)
    elif depth.container_bits < 16:
        return 2.0**depth.container_bits - 1
    else:
        white = float(_white_of_16_bits(levels, highest, depth.bits))
    if not depth.is_scaled and 0 < highest < white * _NEARLY_BLACK:
        raise Undecodable(
            "unsupported", f"{depth.container_bits}-bit levels of {highest:.0f} at most: nearly black, or of fewer bits than it says"
        )
    return white


def _white_of_16_bits(levels: NDArray[np.generic], highest: float, bits: int | None) -> int:
    """The significant bits are the upper ones by specification (PNG's sBIT), but the lower ones in many files."""
    if bits and 8 <= bits < 16 and highest < 2**bits:
        is_padded = not (levels.astype(np.uint16) & np.uint16(2 ** (16 - bits) - 1)).any()
        if not is_padded or highest >= 2 ** (bits - 1):
            return (1 << bits) - 1
    return int(highest) if highest in _CLIPPED and bits is None else 65535


def _white_of_floats(lowest: float, highest: float) -> float:
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise Undecodable("unsupported", "levels that are no numbers, or infinite")
    white = next((full for full in (1.0, 255.0, 65535.0) if highest <= full * (1 + _OVERSHOOT)), None)
    if white is None or (white > 1 and 0 < highest < white * _NEARLY_BLACK):
        raise Undecodable("unsupported", f"floating-point levels up to {highest:.3g}, of which none is known to be white")
    if lowest < -_OVERSHOOT * white:
        raise Undecodable("unsupported", f"levels below 0, down to {lowest:.3g}")
    return white
