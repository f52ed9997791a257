"""PBM, PGM and PPM (Netpbm): checks that no pixels are missing, and scales levels with any maximum."""

import numpy as np
from PIL import Image, ImageFile

from mien.convert.decoding.reasons import Undecodable


def read_pnm(image: ImageFile.ImageFile, content: bytes) -> Image.Image:
    """The opened file's image, with 8 bits if its maximum level is at most 255, else in mode I with white at 65535.

    Pillow alone would fill in missing pixels silently, and takes a second per megapixel if the maximum level is not 255.
    """
    decoder, _, offset, args = image.tile[0]
    if decoder == "ppm_plain" or not isinstance(args, tuple | str):
        return image
    highest = int(args[1]) if decoder == "ppm" else 255
    bands = len(image.getbands())
    row_bytes = (image.width + 7) // 8 if image.mode == "1" else image.width * bands * _level_bytes(image, highest)
    if len(content) - offset < row_bytes * image.height:
        raise Undecodable("truncated", "the picture data end before the picture")
    if decoder != "ppm":
        return image
    levels = np.frombuffer(content, ">u2" if highest > 255 else np.uint8, image.width * image.height * bands, offset)
    full = 65535 if image.mode == "I" else 255
    scaled = np.minimum((levels.astype(np.uint32) * full * 2 + highest) // (2 * highest), full)
    shape = (image.height, image.width, bands)[: 2 + (bands > 1)]
    return Image.fromarray(scaled.reshape(shape).astype(np.int32 if full > 255 else np.uint8))


def _level_bytes(image: Image.Image, highest: int) -> int:
    if image.mode == "F":
        return 4
    return 2 if highest > 255 or image.mode == "I" else 1
