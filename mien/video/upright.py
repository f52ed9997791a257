"""A decoded video frame as a player shows it: in sRGB, with square pixels, and upright."""

from fractions import Fraction
from typing import Any

import numpy as np
from PIL import Image

from mien.convert.decoding.named_colours import HDR_TRANSFERS, colours_by_number

_UNSPECIFIED = 2
_BT709, _BT601 = 1, 5  # swscale's numbers, SWS_CS_ITU709 and SWS_CS_ITU601
_HD_HEIGHT_PX = 720  # from this height on, players take a video that does not name its matrix for BT.709
_WIDE_PRIMARIES = (9, 11, 12)  # BT.2020, DCI-P3, Display P3, by their numbers in ITU-T H.273
_SRGB_TRANSFER = 13

# The signs of a display matrix (a, b, c, d): the frame's right becomes (a, b) and its down (c, d), with y downwards.
_TRANSPOSES = {
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,  # PIL's rotations are anticlockwise
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}


def upright_image(frame: Any, aspect: Fraction | None) -> Image.Image:
    """The RGB image of a frame of PyAV; `aspect` is the width of a pixel divided by its height.

    Pixels that are not square are made so by enlarging the image's width or height. The display matrix turns or mirrors the image; of an
    angle that is no multiple of 90 degrees, the nearest multiple is used.
    """
    image = _square_pixels(_srgb(frame), aspect or Fraction(1))
    transpose = _TRANSPOSES.get(_turn(frame))  # type: ignore[arg-type]
    return image if transpose is None else image.transpose(transpose)


def _srgb(frame: Any) -> Image.Image:
    """Levels of ordinary videos are kept, as players and photographs from them do; wide colours and HDR are converted as in photographs."""
    how: dict[str, Any] = {}
    if frame.colorspace == _UNSPECIFIED:
        how["src_colorspace"] = _BT709 if frame.height >= _HD_HEIGHT_PX else _BT601
    transfer = frame.color_trc if frame.color_trc in HDR_TRANSFERS else _SRGB_TRANSFER
    if transfer in HDR_TRANSFERS or frame.color_primaries in _WIDE_PRIMARIES:
        named = colours_by_number(frame.color_primaries, transfer)
        assert named is not None
        return named.to_srgb(frame.reformat(format="rgb48le", **how).to_ndarray(), full_scale=65535)
    return Image.fromarray(frame.reformat(format="rgb24", **how).to_ndarray())


def _square_pixels(image: Image.Image, aspect: Fraction) -> Image.Image:
    width, height = image.size
    if not Fraction(1, 10) <= aspect <= 10 or aspect == 1:  # other values are damage
        return image
    size = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)


def _turn(frame: Any) -> tuple[int, ...]:
    """The display matrix with each column's larger entry as 1 or -1 and the other as 0; empty without a matrix."""
    matrix = next((bytes(data) for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), b"")
    if len(matrix) < 36:
        return ()
    a, b, _, c, d, *_ = np.frombuffer(matrix[:36], np.int32).astype(float).tolist()
    straight = abs(a) + abs(d) >= abs(b) + abs(c)
    return tuple(int(np.sign(value)) for value in ((a, 0, 0, d) if straight else (0, b, c, 0)))
