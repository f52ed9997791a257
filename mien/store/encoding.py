"""Encodes images for storage: the longer side is limited, large images become JPEG, and small ones are stored losslessly as PNG."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Encoding a second time as JPEG visibly harms images of few pixels, such as FER2013's 48 × 48, and saves little there.
LOSSLESS_UP_TO_PX = 128


def reduced(image: Image.Image, *, max_side_px: int) -> Image.Image:
    """The image with a longer side of at most `max_side_px` and the same aspect ratio (Lanczos); it is never enlarged."""
    longer = max(image.size)
    if longer <= max_side_px:
        return image
    width, height = (max(1, round(side * max_side_px / longer)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def encode(image: Image.Image, *, jpeg_quality: int) -> bytes:
    """Encodes an RGB image as PNG up to LOSSLESS_UP_TO_PX, else as JPEG without chroma subsampling. No metadata are stored.

    An image without colour is stored with one channel (on FER2013, PNG then takes half the bytes and a third of the time).
    `stored_image` always returns three channels.
    """
    assert image.mode == "RGB", image.mode
    if _is_grey(image):
        image = image.getchannel("R")
    file = io.BytesIO()
    if max(image.size) <= LOSSLESS_UP_TO_PX:
        image.save(file, "PNG", compress_level=6)
    else:
        image.save(file, "JPEG", quality=jpeg_quality, subsampling=0)
    return file.getvalue()


def stored_image(data: bytes) -> Image.Image:
    """Decodes stored bytes to an RGB image."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def square_pixels(data: bytes, *, side_px: int) -> NDArray[np.uint8]:
    """The pixels of a stored square face as S×S×3, resized to `side_px` unless it has that side: what a network is given."""
    image = stored_image(data)
    assert image.width == image.height, f"a face must be square, is {image.size}"
    if image.width != side_px:
        image = image.resize((side_px, side_px), Image.Resampling.BILINEAR)  # antialiased when it reduces
    return np.asarray(image)


def stored_size_px(data: bytes) -> tuple[int, int]:
    """Width and height of a stored image in pixels. Only its header is read."""
    return Image.open(io.BytesIO(data)).size


def _is_grey(image: Image.Image) -> bool:
    pixels = np.asarray(image)
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())
